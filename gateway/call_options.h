#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gateway/http.h"
#include "gateway/request_id.h"
#include "gateway/trace_context.h"

namespace readcount::gateway {

// What a request passes on to the call that it makes of a service.
struct CallOptions {
  absl::Duration timeout = absl::InfiniteDuration();  // beside the backend's own
  RequestId request_id;                               // as x-request-id
  TraceContext traceparent;                           // the caller's; the call is its child
  std::vector<std::pair<std::string, std::string>> metadata;
};

inline CallOptions OptionsOf(const Request& request) {
  return {.timeout = request.timeout,
          .request_id = request.request_id,
          .traceparent = request.traceparent,
          .metadata = request.metadata};
}

}  // namespace readcount::gateway
