#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "gateway/client_address.h"
#include "gateway/cors.h"
#include "gateway/http.h"
#include "gateway/router.h"

namespace readcount::gateway {

struct ConventionSettings {
  absl::Duration max_timeout = absl::InfiniteDuration();  // the most that Grpc-Timeout is given
  CorsPolicy cors;                                        // off unless it is given
  TrustedProxies proxies;                                 // none unless they are given
};

// What is the same for every request, whatever its route: request id, trace, Grpc-Timeout, CORS, the form of
// errors, gzip. What depends on the route, methods and Accept, is the Router's. Thread-safe.
//
// In two halves around Router::Dispatch, so that whoever keeps the request until its answer is there decides
// on which thread they run, and nothing is allocated for it.
class Conventions {
 public:
  // `router` must outlive the object.
  Conventions(const Router& router, ConventionSettings settings)
      : router_(router), settings_(std::move(settings)) {}

  // The address of the client whose request `peer` has sent.
  std::string ClientOf(const std::string& peer, const Request& request) const {
    return settings_.proxies.ClientOf(peer, request.forwarded_for);
  }

  // Before the Router: gives the request an id and a trace where it brought none and reads its timeout. A
  // response is the answer already, and counted: 204 to a preflight, 400 for a Grpc-Timeout that cannot be
  // read, 504 for one that is over.
  std::optional<Response> Begin(Request& request) const;

  // Once, after whatever answered: returns id and trace, writes an error as the client wants it, lets other
  // origins read the response as far as they may, and compresses where that is worth it, which may take
  // milliseconds. A refusal of what is no request goes with an empty one.
  void Finish(const Request& request, Response& response) const;

 private:
  const Router& router_;
  const ConventionSettings settings_;
};

}  // namespace readcount::gateway
