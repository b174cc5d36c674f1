#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/request_id.h"
#include "gateway/target.h"
#include "gateway/trace_context.h"

namespace readcount::gateway {

class EventStream;

enum class Method { kGet, kHead, kPost, kOptions, kOther };

// A request as handlers see it, checked and complete. Headers are as they were sent, the lines of one joined
// by commas, and empty if absent.
struct Request {
  Method method = Method::kOther;
  Target target;
  std::string authorization;
  bool prefetch = false;  // the browser says that nobody looks yet

  std::string accept;
  std::string accept_encoding;
  std::string if_none_match;
  std::string origin;            // of the page that asks, by the browser
  bool asks_for_method = false;  // has Access-Control-Request-Method: a preflight's

  // None, unless the client brought a sound one, until Conventions makes one.
  RequestId request_id;
  TraceContext traceparent;

  std::string grpc_timeout;
  // How long the client waits, from now and at most as long as the gateway lets it; infinite if it does not
  // say.
  absl::Duration timeout = absl::InfiniteDuration();

  // Grpc-Metadata-* headers for the services behind: names in lower case without that prefix, values of
  // printable ASCII, as gRPC takes both, and few enough.
  std::vector<std::pair<std::string, std::string>> metadata;

  std::string forwarded_for;  // what proxies say of where it comes from
  std::string client;         // its address
};

struct Response {
  int status = 200;
  std::string body;
  const char* content_type = "application/json; charset=utf-8";  // a literal
  std::vector<std::pair<std::string, std::string>> headers;      // beside those that every response has
  const char* cache_control = "no-store";                        // a literal
  bool compressible = false;                                     // the Router sets it, by the route
  std::optional<absl::Status> error;    // what went wrong, in whatever form the body says it
  std::shared_ptr<EventStream> events;  // what comes after the body, until the stream ends; none: nothing
  RequestId request_id;                 // Conventions sets both
  TraceContext traceparent;
};

// Takes the response to one request; to be called once, from any thread.
using Respond = std::function<void(Response)>;

// Serves one route. `parameter` is the path's variable part, as it was sent; empty where there is none.
using Handler = std::function<void(const Request& request, const std::string& parameter, Respond respond)>;

}  // namespace readcount::gateway
