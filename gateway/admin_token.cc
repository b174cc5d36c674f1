#include "gateway/admin_token.h"

#include <openssl/crypto.h>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace readcount::gateway {

absl::Status AdminToken::Check(absl::string_view authorization) const {
  constexpr absl::string_view kScheme = "Bearer ";
  if (token_.empty()) {
    return absl::PermissionDeniedError(
        "this route is closed: set gateway.admin_token in app.yaml to open it");
  }
  if (authorization.size() < kScheme.size() ||
      !absl::EqualsIgnoreCase(authorization.substr(0, kScheme.size()), kScheme)) {
    return absl::UnauthenticatedError("send the header `Authorization: Bearer <gateway.admin_token>`");
  }
  const absl::string_view given = authorization.substr(kScheme.size());
  if (given.size() != token_.size() || CRYPTO_memcmp(given.data(), token_.data(), token_.size()) != 0) {
    return absl::UnauthenticatedError("the token is wrong: it must be that of gateway.admin_token");
  }
  return absl::OkStatus();
}

}  // namespace readcount::gateway
