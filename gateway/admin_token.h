#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/auth/auth_tally.h"
#include "services/common/auth/token_store.h"

namespace readcount::gateway {

// The tokens that changing routes ask for: gateway.admin_token and those of the `auth` section. Thread-safe.
class AdminToken {
 public:
  // `token` may be empty, `more` and `tally` none; if there is neither a token nor more, nobody is let in.
  // Both must outlive the object and its copies.
  explicit AdminToken(std::string token, const TokenStore* more = nullptr, AuthTally* tally = nullptr)
      : token_(std::move(token)), more_(more), tally_(tally) {}

  // Checks an Authorization header's value (RFC 6750), in a time that does not tell how much of it is right.
  // PERMISSION_DENIED if no token is configured, UNAUTHENTICATED if the header is missing or wrong.
  absl::Status Check(absl::string_view authorization) const;

 private:
  bool IsRight(absl::string_view given) const;

  const std::string token_;
  const TokenStore* const more_;
  AuthTally* const tally_;
};

}  // namespace readcount::gateway
