#include "gateway/errors.h"

#include <array>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/json.h"
#include "services/common/rpc/view_outcome.h"

namespace readcount::gateway {
namespace {

constexpr std::array<std::pair<absl::StatusCode, int>, 17> kHttpStatus = {{
    {absl::StatusCode::kOk, 200},
    {absl::StatusCode::kCancelled, 499},
    {absl::StatusCode::kUnknown, 500},
    {absl::StatusCode::kInvalidArgument, 400},
    {absl::StatusCode::kDeadlineExceeded, 504},
    {absl::StatusCode::kNotFound, 404},
    {absl::StatusCode::kAlreadyExists, 409},
    {absl::StatusCode::kPermissionDenied, 403},
    {absl::StatusCode::kResourceExhausted, 429},
    {absl::StatusCode::kFailedPrecondition, 400},
    {absl::StatusCode::kAborted, 409},
    {absl::StatusCode::kOutOfRange, 400},
    {absl::StatusCode::kUnimplemented, 501},
    {absl::StatusCode::kInternal, 500},
    {absl::StatusCode::kUnavailable, 503},
    {absl::StatusCode::kDataLoss, 500},
    {absl::StatusCode::kUnauthenticated, 401},
}};

constexpr int kUnauthorized = 401, kTooManyRequests = 429, kUnavailable = 503;
constexpr char kRetryAfterSeconds[] = "1";

}  // namespace

int HttpStatusOf(absl::StatusCode code) {
  for (const auto& [grpc_code, http_status] : kHttpStatus) {
    if (grpc_code == code) return http_status;
  }
  return 500;
}

Response ErrorResponse(int http_status, absl::StatusCode code, absl::string_view message) {
  Response response{.status = http_status,
                    .body = ErrorJson(static_cast<int>(code), message),
                    .error = absl::Status(code, message)};
  if (http_status == kTooManyRequests || http_status == kUnavailable) {
    response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  }
  if (http_status == kUnauthorized) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

Response ErrorResponse(const absl::Status& status) {
  return ErrorResponse(HttpStatusOf(status.code()), status.code(), status.message());
}

Response OverloadResponse(absl::string_view why) {
  return ErrorResponse(
      kUnavailable, absl::StatusCode::kResourceExhausted,
      absl::StrCat("the gateway is overloaded (", why, "): ", kNothingCounted, ", try again later"));
}

}  // namespace readcount::gateway
