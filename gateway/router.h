#pragma once

#include <string>
#include <vector>

#include "gateway/http.h"

namespace readcount::gateway {

// One line of the route table. A path that ends in '/' takes one more segment, the handler's parameter.
struct Route {
  std::string path;
  Handler get;   // none: GET and HEAD are refused
  Handler post;  // none: POST is refused
};

// The route table, made once and never changed. HEAD goes where GET goes. Thread-safe.
class Router {
 public:
  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

  // Calls the handler, or answers 404 for an unknown path and 405 with Allow for a method that the path
  // lacks.
  void Dispatch(const Request& request, const Respond& respond) const;

 private:
  const std::vector<Route> routes_;
};

}  // namespace readcount::gateway
