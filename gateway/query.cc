#include "gateway/query.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/utf8.h"

namespace readcount::gateway {
namespace {

absl::StatusOr<std::string> Decode(absl::string_view text) {
  absl::StatusOr<std::string> decoded = PercentDecode(text);
  if (decoded.ok() && !IsUtf8(*decoded)) {
    return absl::InvalidArgumentError("the query is not UTF-8 after decoding: escape the UTF-8 bytes of it");
  }
  return decoded;
}

}  // namespace

absl::StatusOr<std::string> PercentDecode(absl::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded.push_back(text[at]);
      continue;
    }
    const absl::string_view digits = text.substr(at + 1, 2);
    if (digits.size() != 2 || !absl::ascii_isxdigit(digits[0]) || !absl::ascii_isxdigit(digits[1])) {
      return absl::InvalidArgumentError(
          "the query has a '%' without two hexadecimal digits: write %25 for the sign itself");
    }
    decoded += absl::HexStringToBytes(digits);
    at += digits.size();
  }
  return decoded;
}

absl::StatusOr<Query> Query::Parse(absl::string_view text) {
  Query query;
  for (absl::string_view part : absl::StrSplit(text, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    absl::StatusOr<std::string> name = Decode(pair.first);
    if (!name.ok()) return name.status();
    absl::StatusOr<std::string> value = Decode(pair.second);
    if (!value.ok()) return value.status();
    query.values_.emplace(*std::move(name), *std::move(value));
  }
  return query;
}

absl::StatusOr<std::optional<std::string>> Query::Get(absl::string_view name) const {
  const auto [first, last] = values_.equal_range(name);
  if (first == last) return std::nullopt;
  if (std::next(first) != last) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": stands more than once in the query: give it once"));
  }
  return first->second;
}

}  // namespace readcount::gateway
