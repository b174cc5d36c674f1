#pragma once

#include "absl/strings/string_view.h"
#include "gateway/http.h"

namespace readcount::gateway {

// Gives an error's response the body of RFC 9457, application/problem+json, in place of the envelope; the
// rest stays. REQUIRES: `response.error` is set.
void RenderProblem(Response& response, absl::string_view request_id);

}  // namespace readcount::gateway
