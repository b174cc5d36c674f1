#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace readcount::gateway {

// The parameters of a URL's query, decoded. Percent-escapes are the only encoding: '+' stays '+'.
class Query {
 public:
  // Reads what stands behind the '?'. INVALID_ARGUMENT for a bad escape, or a name or value that is not
  // UTF-8 after decoding.
  static absl::StatusOr<Query> Parse(absl::string_view text);

  // The value of one parameter; none if it is absent, empty for `name` without '='. INVALID_ARGUMENT if it
  // stands more than once.
  absl::StatusOr<std::optional<std::string>> Get(absl::string_view name) const;

 private:
  std::multimap<std::string, std::string, std::less<>> values_;
};

// Replaces %XX by its byte. INVALID_ARGUMENT for a '%' without two hexadecimal digits.
absl::StatusOr<std::string> PercentDecode(absl::string_view text);

}  // namespace readcount::gateway
