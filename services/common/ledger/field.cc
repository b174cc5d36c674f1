#include "services/common/ledger/field.h"

#include <charconv>
#include <system_error>

namespace readcount {
namespace {

template <typename Number>
std::optional<Number> ParseWhole(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<uint64_t> ParseArticleId(std::string_view text) {
  if (text.empty() || text[0] < '1' || text[0] > '9') return std::nullopt;
  return ParseWhole<uint64_t>(text);
}

std::optional<int64_t> ParseIncrement(std::string_view text) {
  if (text == "0") return 0;
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits[0] < '1' || digits[0] > '9') return std::nullopt;
  return ParseWhole<int64_t>(text);
}

}  // namespace readcount
