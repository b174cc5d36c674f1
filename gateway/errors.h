#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/http.h"

namespace readcount::gateway {

// The HTTP status of a gRPC code, by grpc-gateway's table; 500 for a code that is none.
int HttpStatusOf(absl::StatusCode code);

// `{"code":…,"message":…,"data":null}` with the matching HTTP status, Retry-After where trying again
// helps, and WWW-Authenticate with 401 (RFC 9110, section 11.6.1). Its `error` says the same, for other forms
// of the body.
Response ErrorResponse(const absl::Status& status);

// The same with an HTTP status that no gRPC code maps to, such as 405 or 413.
Response ErrorResponse(int http_status, absl::StatusCode code, absl::string_view message);

// 503 with RESOURCE_EXHAUSTED: the gateway itself has `why` on hand, and nothing was counted.
Response OverloadResponse(absl::string_view why);

}  // namespace readcount::gateway
