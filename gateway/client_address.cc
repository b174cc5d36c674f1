#include "gateway/client_address.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace readcount::gateway {
namespace {

constexpr int kV4Offset = 96;  // bits before an IPv4 address

bool SameBits(const std::array<unsigned char, 16>& one, const std::array<unsigned char, 16>& other,
              int bits) {
  const int bytes = bits / 8, rest = bits % 8;
  if (!std::equal(one.begin(), one.begin() + bytes, other.begin())) return false;
  return rest == 0 || ((one[bytes] ^ other[bytes]) >> (8 - rest)) == 0;
}

}  // namespace

absl::StatusOr<TrustedProxies> TrustedProxies::Parse(absl::string_view list) {
  TrustedProxies proxies;
  for (absl::string_view item : absl::StrSplit(list, ',', absl::SkipWhitespace())) {
    item = absl::StripAsciiWhitespace(item);
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(item, absl::MaxSplits('/', 1));
    const std::optional<IpAddress> address = IpAddress::Parse(parts.first);
    const int most =
        address.has_value() && address->is_v4() && !absl::StrContains(parts.first, ':') ? 32 : 128;
    int bits = most;
    const bool has_bits = absl::StrContains(item, '/');
    if (!address.has_value() ||
        (has_bits && (!absl::SimpleAtoi(parts.second, &bits) || bits < 0 || bits > most))) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", item, "' is no address or network, for example 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32"));
    }
    proxies.networks_.push_back({.address = *address, .bits = most == 32 ? kV4Offset + bits : bits});
  }
  return proxies;
}

bool TrustedProxies::Contains(const IpAddress& address) const {
  return std::any_of(networks_.begin(), networks_.end(), [&address](const Network& network) {
    return SameBits(network.address.bytes(), address.bytes(), network.bits);
  });
}

std::string TrustedProxies::ClientOf(const std::string& peer, absl::string_view forwarded_for) const {
  if (networks_.empty() || forwarded_for.empty()) return peer;
  std::optional<IpAddress> client = IpAddress::Parse(peer);
  if (!client.has_value() || !Contains(*client)) return peer;
  while (Contains(*client) && !forwarded_for.empty()) {
    const size_t comma = forwarded_for.rfind(',');
    const size_t begin = comma == absl::string_view::npos ? 0 : comma + 1;
    const std::optional<IpAddress> before =
        IpAddress::ParseWithPort(absl::StripAsciiWhitespace(forwarded_for.substr(begin)));
    if (!before.has_value()) break;
    client = before;
    forwarded_for = forwarded_for.substr(0, begin == 0 ? 0 : begin - 1);
  }
  return client->ToString();
}

}  // namespace readcount::gateway
