#include "gateway/router.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/errors.h"

namespace readcount::gateway {
namespace {

// True if the route serves `path`; a parameter may hold anything, so that the handler can say what is wrong.
bool Matches(const Route& route, const std::string& path) {
  return absl::EndsWith(route.path, "/") ? absl::StartsWith(path, route.path) : path == route.path;
}

const Handler& HandlerFor(const Route& route, Method method) {
  static const Handler none;
  if (method == Method::kGet || method == Method::kHead) return route.get;
  return method == Method::kPost ? route.post : none;
}

Response MethodNotAllowed(const Route& route) {
  const std::string allow = absl::StrCat(route.get ? "GET, HEAD" : "", route.get && route.post ? ", " : "",
                                         route.post ? "POST" : "");
  Response response =
      ErrorResponse(405, absl::StatusCode::kUnimplemented, absl::StrCat("this path takes ", allow));
  response.headers.emplace_back("Allow", allow);
  return response;
}

}  // namespace

void Router::CallLimited(const Handler& handler, const Request& request, const std::string& parameter,
                         const Respond& respond) const {
  if (under_way_->fetch_add(1) >= max_requests_) {
    --*under_way_;
    return respond(OverloadResponse("too many requests under way"));
  }
  handler(request, parameter, [under_way = under_way_, respond](Response response) {
    --*under_way;
    respond(std::move(response));
  });
}

void Router::Dispatch(const Request& request, const Respond& respond) const {
  const std::string& path = request.target.path;
  for (const Route& route : routes_) {
    if (!Matches(route, path)) continue;
    const Handler& handler = HandlerFor(route, request.method);
    if (!handler) return respond(MethodNotAllowed(route));
    const std::string parameter = absl::EndsWith(route.path, "/") ? path.substr(route.path.size()) : "";
    if (route.unlimited) return handler(request, parameter, respond);
    return CallLimited(handler, request, parameter, respond);
  }
  respond(ErrorResponse(absl::NotFoundError("there is nothing at this path: see README.md for the API")));
}

}  // namespace readcount::gateway
