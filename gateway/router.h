#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/http.h"
#include "gateway/request_tally.h"

namespace readcount::gateway {

// One line of the route table. A path that ends in '/' takes one more segment, the handler's parameter.
struct Route {
  std::string path;
  Handler get;             // none: GET and HEAD are refused
  Handler post;            // none: POST is refused
  bool unlimited = false;  // is served however many requests are under way
};

// The route table, made once and never changed, and how many requests may be under way. HEAD goes where GET
// goes. Thread-safe.
class Router {
 public:
  Router(std::vector<Route> routes, int max_requests)
      : routes_(std::move(routes)),
        max_requests_(max_requests),
        tally_(std::make_shared<RequestTally>(routes_.size() + 1)) {}

  // Calls the handler, or answers 404 for an unknown path, 405 with Allow for a method that the path lacks
  // and 503 for more requests than may be under way.
  void Dispatch(const Request& request, const Respond& respond) const;

  // Counts a response to what was not dispatched, because it is no request.
  void CountUnrouted(int status) const { tally_->Answered(routes_.size(), status); }

  const std::vector<Route>& routes() const { return routes_; }

  // By the place in routes(), and one more for what no route took.
  const RequestTally& tally() const { return *tally_; }

 private:
  void Call(size_t route, const Handler& handler, const Request& request, const Respond& respond) const;
  void Answer(size_t route, Response response, const Respond& respond) const;

  const std::vector<Route> routes_;
  const int max_requests_;
  // Shared with the requests under way, which a backend may end after the router.
  const std::shared_ptr<RequestTally> tally_;
};

}  // namespace readcount::gateway
