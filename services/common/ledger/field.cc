#include "services/common/ledger/field.h"

#include <charconv>
#include <system_error>

#include "absl/strings/match.h"

namespace readcount {
namespace {

template <typename Number>
std::optional<Number> ParseWhole(absl::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<uint64_t> ParseArticleId(absl::string_view text) {
  if (text.empty() || text[0] < '1' || text[0] > '9') return std::nullopt;
  return ParseWhole<uint64_t>(text);
}

std::optional<int64_t> ParseIncrement(absl::string_view text) {
  if (text == "0") return 0;
  const absl::string_view digits = text.substr(absl::StartsWith(text, "-") ? 1 : 0);
  if (digits.empty() || digits[0] < '1' || digits[0] > '9') return std::nullopt;
  return ParseWhole<int64_t>(text);
}

}  // namespace readcount
