#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace readcount::gateway {

// The token that changing routes ask for. Thread-safe.
class AdminToken {
 public:
  // Empty: nobody is let in.
  explicit AdminToken(std::string token) : token_(std::move(token)) {}

  // Checks an Authorization header's value (RFC 6750), in a time that does not tell how much of it is right.
  // PERMISSION_DENIED if no token is configured, UNAUTHENTICATED if the header is missing or wrong.
  absl::Status Check(absl::string_view authorization) const;

 private:
  const std::string token_;
};

}  // namespace readcount::gateway
