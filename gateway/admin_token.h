#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace readcount::gateway {

// The bearer token (RFC 6750) that administrative requests must show. Thread-safe.
class AdminToken {
 public:
  // `token` as configured by gateway.admin_token; empty refuses everybody.
  explicit AdminToken(std::string token) : token_(std::move(token)) {}

  // Judges the value of an Authorization header, empty if there was none. PERMISSION_DENIED if no token is
  // configured, UNAUTHENTICATED if the right one is not shown. How long it takes tells nothing about the token
  // but its length.
  absl::Status Check(absl::string_view authorization) const;

 private:
  const std::string token_;
};

}  // namespace readcount::gateway
