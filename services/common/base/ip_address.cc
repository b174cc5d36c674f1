#include "services/common/base/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/match.h"

namespace readcount {
namespace {

constexpr std::array<unsigned char, 12> kV4Mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<unsigned char, 16> kV6Loopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

absl::string_view WithoutPort(absl::string_view text) {
  if (absl::StartsWith(text, "[")) return text.substr(1, std::min(text.find(']'), text.size()) - 1);
  if (std::count(text.begin(), text.end(), ':') == 1) return text.substr(0, text.find(':'));
  return text;
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(absl::string_view text) {
  const std::string terminated(text.substr(0, text.find('%')));
  IpAddress address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) return address;
  std::copy(kV4Mapped.begin(), kV4Mapped.end(), address.bytes_.begin());
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes_.data() + kV4Mapped.size()) == 1) return address;
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::ParseWithPort(absl::string_view text) {
  return Parse(WithoutPort(text));
}

std::optional<IpAddress> IpAddress::Of(const sockaddr& address) {
  IpAddress result;
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::memcpy(result.bytes_.data(), &v6.sin6_addr, result.bytes_.size());
    return result;
  }
  if (address.sa_family != AF_INET) return std::nullopt;
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  std::copy(kV4Mapped.begin(), kV4Mapped.end(), result.bytes_.begin());
  std::memcpy(result.bytes_.data() + kV4Mapped.size(), &v4.sin_addr, sizeof(v4.sin_addr));
  return result;
}

bool IpAddress::is_v4() const {
  return std::equal(kV4Mapped.begin(), kV4Mapped.end(), bytes_.begin());
}

bool IpAddress::is_loopback() const {
  return is_v4() ? bytes_[kV4Mapped.size()] == IN_LOOPBACKNET : bytes_ == kV6Loopback;
}

std::string IpAddress::ToString() const {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  if (is_v4()) {
    inet_ntop(AF_INET, bytes_.data() + kV4Mapped.size(), text.data(), text.size());
  } else {
    inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
  }
  return text.data();
}

}  // namespace readcount
