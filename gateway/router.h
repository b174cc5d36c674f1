#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/http.h"

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
      : routes_(std::move(routes)), max_requests_(max_requests) {}

  // Calls the handler, or answers 404 for an unknown path, 405 with Allow for a method that the path lacks
  // and 503 for more requests than may be under way.
  void Dispatch(const Request& request, const Respond& respond) const;

 private:
  void CallLimited(const Handler& handler, const Request& request, const std::string& parameter,
                   const Respond& respond) const;

  const std::vector<Route> routes_;
  const int max_requests_;
  // Shared with the requests under way, which a backend may end after the router.
  const std::shared_ptr<std::atomic<int>> under_way_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace readcount::gateway
