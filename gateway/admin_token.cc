#include "gateway/admin_token.h"

#include <openssl/crypto.h>

#include <optional>

#include "services/common/auth/bearer.h"

namespace readcount::gateway {

absl::Status AdminToken::Check(absl::string_view authorization) const {
  if (token_.empty() && (more_ == nullptr || !more_->configured())) {
    return absl::PermissionDeniedError(
        "this route is closed: set gateway.admin_token or auth.tokens in app.yaml to open it");
  }
  const std::optional<absl::string_view> given = BearerToken(authorization);
  if (!given.has_value()) {
    if (tally_ != nullptr) tally_->missing.Add();
    return absl::UnauthenticatedError(
        "send the header `Authorization: Bearer <token>` with gateway.admin_token or one of auth.tokens");
  }
  if (IsRight(*given)) return absl::OkStatus();
  if (tally_ != nullptr) tally_->wrong.Add();
  return absl::UnauthenticatedError(
      "the token is wrong: it must be gateway.admin_token or one of auth.tokens, as they are now");
}

bool AdminToken::IsRight(absl::string_view given) const {
  const bool admin = !token_.empty() && given.size() == token_.size() &&
                     CRYPTO_memcmp(given.data(), token_.data(), token_.size()) == 0;
  return admin || (more_ != nullptr && more_->Holds(given));
}

}  // namespace readcount::gateway
