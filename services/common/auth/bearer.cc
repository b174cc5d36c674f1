#include "services/common/auth/bearer.h"

#include "absl/strings/match.h"

namespace readcount {

std::optional<absl::string_view> BearerToken(absl::string_view authorization) {
  constexpr absl::string_view kScheme = "Bearer ";
  if (authorization.size() <= kScheme.size() || !absl::StartsWithIgnoreCase(authorization, kScheme))
    return std::nullopt;
  return authorization.substr(kScheme.size());
}

}  // namespace readcount
