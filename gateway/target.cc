#include "gateway/target.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace readcount::gateway {
namespace {

absl::StatusOr<std::string> DecodeQuery(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
    } else if (i + 2 < text.size() && absl::ascii_isxdigit(text[i + 1]) &&
               absl::ascii_isxdigit(text[i + 2])) {
      decoded += absl::HexStringToBytes(text.substr(i + 1, 2));
      i += 2;
    } else {
      return absl::InvalidArgumentError("the query has a % without two hexadecimal digits after it");
    }
  }
  if (absl::StrContains(decoded, '\0')) return absl::InvalidArgumentError("the query has a NUL byte (%00)");
  if (!IsUtf8(decoded)) return absl::InvalidArgumentError("the query is not UTF-8");
  return decoded;
}

// Length of the sequence that `lead` begins, 0 if it begins none.
size_t SequenceLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool SecondByteFits(unsigned char lead, unsigned char second) {
  if (lead == 0xE0) return second >= 0xA0;
  if (lead == 0xED) return second < 0xA0;
  if (lead == 0xF0) return second >= 0x90;
  if (lead == 0xF4) return second < 0x90;
  return true;
}

}  // namespace

namespace {

// Bytes at the front that are ASCII and not NUL, counted in words: not necessarily all.
size_t PlainPrefix(absl::string_view text) {
  constexpr uint64_t kLowBits = 0x0101010101010101, kHighBits = 0x8080808080808080;
  size_t plain = 0;
  for (uint64_t word = 0; plain + sizeof(word) <= text.size(); plain += sizeof(word)) {
    std::memcpy(&word, text.data() + plain, sizeof(word));
    const uint64_t nul_bytes = (word - kLowBits) & ~word & kHighBits;
    if ((word & kHighBits) != 0 || nul_bytes != 0) break;
  }
  return plain;
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  for (size_t i = PlainPrefix(text); i < text.size(); i += PlainPrefix(text.substr(i))) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = SequenceLength(lead);
    if (length == 0 || lead == 0 || i + length > text.size()) return false;
    for (size_t k = 1; k < length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if ((byte & 0xC0) != 0x80 || (k == 1 && !SecondByteFits(lead, byte))) return false;
    }
    i += length;
  }
  return true;
}

std::string Target::Get(absl::string_view name) const {
  const auto found = query.find(name);
  return found == query.end() ? "" : found->second;
}

absl::StatusOr<Target> ParseTarget(absl::string_view text) {
  if (!absl::StartsWith(text, "/")) {
    return absl::InvalidArgumentError("the request target must be a path that begins with /");
  }
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isgraph) || absl::StrContains(text, '#')) {
    return absl::InvalidArgumentError("the request target has bytes that must be percent-encoded");
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits('?', 1));
  Target target{.path = std::string(parts[0])};
  if (parts.size() == 1) return target;
  for (absl::string_view pair : absl::StrSplit(parts[1], '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> sides =
        absl::StrSplit(pair, absl::MaxSplits('=', 1));
    const absl::StatusOr<std::string> name = DecodeQuery(sides.first);
    if (!name.ok()) return name.status();
    const absl::StatusOr<std::string> value = DecodeQuery(sides.second);
    if (!value.ok()) return value.status();
    target.query.emplace(*name, *value);
  }
  return target;
}

}  // namespace readcount::gateway
