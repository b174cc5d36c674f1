#pragma once

#include <optional>

#include "absl/strings/string_view.h"

namespace readcount {

// The token of an Authorization header's value, `Bearer <token>` (RFC 6750, section 2.1); the scheme's case
// does not matter. None for any other scheme, and for no token.
std::optional<absl::string_view> BearerToken(absl::string_view authorization);

}  // namespace readcount
