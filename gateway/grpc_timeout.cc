#include "gateway/grpc_timeout.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace readcount::gateway {
namespace {

constexpr size_t kMaxDigits = 8;

std::optional<absl::Duration> UnitOf(char letter) {
  switch (letter) {
    case 'H':
      return absl::Hours(1);
    case 'M':
      return absl::Minutes(1);
    case 'S':
      return absl::Seconds(1);
    case 'm':
      return absl::Milliseconds(1);
    case 'u':
      return absl::Microseconds(1);
    case 'n':
      return absl::Nanoseconds(1);
    default:
      return std::nullopt;
  }
}

}  // namespace

absl::StatusOr<absl::Duration> ParseGrpcTimeout(absl::string_view text) {
  const absl::string_view digits = text.substr(0, text.empty() ? 0 : text.size() - 1);
  const std::optional<absl::Duration> unit = text.empty() ? std::nullopt : UnitOf(text.back());
  int64_t number = 0;
  // SimpleAtoi alone would take signs and spaces.
  if (!unit.has_value() || digits.size() > kMaxDigits ||
      !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) || !absl::SimpleAtoi(digits, &number)) {
    return absl::InvalidArgumentError(
        "Grpc-Timeout: write 1 to 8 digits and a unit, one of H M S m u n, such as 500m for half a second");
  }
  return number * *unit;
}

}  // namespace readcount::gateway
