#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/client_limits.h"
#include "gateway/http.h"
#include "gateway/request_tally.h"

namespace readcount::gateway {

// One line of the route table.
struct Route {
  // A whole path, or one with a segment in braces, "/api/article/{id}/events", which takes any one segment:
  // that is the handler's parameter. It may be empty, so that the handler can say what is wrong.
  std::string path;
  Handler get;             // none: GET and HEAD are refused
  Handler post;            // none: POST is refused
  bool unlimited = false;  // is served however many requests are under way
  bool probe =
      false;  // balancers, which may share an address with clients, ask for it: no limit of one client

  // The media type of its successes; requests whose Accept leaves it out are refused. Empty: they are served
  // all the same.
  std::string offers = "application/json";

  // Its bodies may be compressed. Not for what is asked for so often that it would cost more than it saves.
  bool compressible = true;
};

// The route table, made once and never changed, and how many requests may be under way. HEAD goes where GET
// goes. Of routes that take the same path the first counts. Thread-safe.
class Router {
 public:
  // `limits` of each client may be none.
  Router(std::vector<Route> routes, int max_requests, std::shared_ptr<ClientLimits> limits = nullptr);
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Calls the handler, or answers 204 with Allow to OPTIONS, 404 for an unknown path, 405 with Allow for a
  // method that the path lacks, 406 if the client does not accept what the route offers and 503 for more
  // requests than may be under way. Before all that 429 to a client that exceeds its limits, whatever it asks
  // for but routes that are unlimited.
  void Dispatch(const Request& request, Respond respond) const;

  // Counts a response to what was not dispatched, because it is no request to a route.
  void CountUnrouted(int status) const { tally_->Answered(routes_.size(), status); }

  const std::vector<Route>& routes() const { return routes_; }

  // By the place in routes(), and one more for what no route took.
  const RequestTally& tally() const { return *tally_; }

 private:
  // A route's path, taken apart: what stands before and after the parameter. The views are of routes_.
  struct Pattern {
    absl::string_view before, after;
    bool has_parameter = false;
  };

  static Pattern MakePattern(absl::string_view path);
  static bool Matches(const Pattern& pattern, absl::string_view path);
  static absl::string_view ParameterOf(const Pattern& pattern, absl::string_view path);

  size_t Find(absl::string_view path) const;  // routes_.size() if no route takes it
  void Serve(size_t route, const Request& request, Respond respond) const;
  void Call(size_t route, const Handler& handler, const Request& request, Respond respond) const;
  void Answer(size_t route, Response response, const Respond& respond) const;

  const std::vector<Route> routes_;
  const int max_requests_;
  const std::shared_ptr<ClientLimits> limits_;  // shared as the tally is; none if it limits nothing
  std::vector<Pattern> patterns_;               // of each route; the same after construction
  // Shared with the requests under way, which a backend may end after the router.
  const std::shared_ptr<RequestTally> tally_;
};

}  // namespace readcount::gateway
