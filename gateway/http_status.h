#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace readcount::gateway {

// The HTTP status of an answer with this gRPC code, as the public gRPC-to-HTTP mapping has it; codes that
// gRPC does not know are 500.
int HttpStatusOf(absl::StatusCode code);

// The words beside a status in the response line; empty for a status that the gateway never sends.
absl::string_view ReasonPhrase(int http_status);

}  // namespace readcount::gateway
