#include "gateway/admin_token.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace readcount::gateway {
namespace {

constexpr absl::string_view kScheme = "Bearer ";

// Looks at every byte of `secret` wherever the first difference is.
bool EqualsInConstantTime(absl::string_view shown, absl::string_view secret) {
  unsigned difference = shown.size() == secret.size() ? 0 : 1;
  for (size_t i = 0; i < secret.size(); ++i) {
    const char byte = i < shown.size() ? shown[i] : '\0';
    difference |= static_cast<unsigned char>(byte ^ secret[i]);
  }
  return difference == 0;
}

}  // namespace

absl::Status AdminToken::Check(absl::string_view authorization) const {
  if (token_.empty()) {
    return absl::PermissionDeniedError(
        "administrative requests are off: set gateway.admin_token in the gateway's configuration");
  }
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) {
    return absl::UnauthenticatedError(
        "needs the header 'Authorization: Bearer <token>' with the value of gateway.admin_token");
  }
  const absl::string_view shown = absl::StripLeadingAsciiWhitespace(authorization.substr(kScheme.size()));
  if (!EqualsInConstantTime(shown, token_)) {
    return absl::UnauthenticatedError("the bearer token is not the one of gateway.admin_token");
  }
  return absl::OkStatus();
}

}  // namespace readcount::gateway
