#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace readcount::gateway {

// A request target in origin form: "/path?name=value".
struct Target {
  std::string path;  // as sent, not percent-decoded: an id has one spelling
  std::map<std::string, std::string, std::less<>>
      query;  // percent-decoded, + stays +; of repeated names the first counts

  // The value of a query parameter; empty if it is absent.
  std::string Get(absl::string_view name) const;
};

// INVALID_ARGUMENT for other forms (absolute, asterisk), bytes outside printable ASCII, bad percent escapes
// and query values that are not UTF-8.
absl::StatusOr<Target> ParseTarget(absl::string_view text);

// True if `text` is well-formed UTF-8 without NUL.
bool IsUtf8(absl::string_view text);

}  // namespace readcount::gateway
