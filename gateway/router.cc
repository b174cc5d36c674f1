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

void Router::Answer(size_t route, Response response, const Respond& respond) const {
  tally_->Answered(route, response.status);
  respond(std::move(response));
}

void Router::Call(size_t route, const Handler& handler, const Request& request,
                  const Respond& respond) const {
  const bool limited = !routes_[route].unlimited;
  if (limited && !tally_->Begin(max_requests_))
    return Answer(route, OverloadResponse("too many requests under way"), respond);
  const std::string& path = routes_[route].path;
  const std::string parameter = absl::EndsWith(path, "/") ? request.target.path.substr(path.size()) : "";
  handler(request, parameter, [tally = tally_, route, limited, respond](Response response) {
    if (limited) tally->End();
    tally->Answered(route, response.status);
    respond(std::move(response));
  });
}

void Router::Dispatch(const Request& request, const Respond& respond) const {
  for (size_t i = 0; i < routes_.size(); ++i) {
    if (!Matches(routes_[i], request.target.path)) continue;
    const Handler& handler = HandlerFor(routes_[i], request.method);
    if (!handler) return Answer(i, MethodNotAllowed(routes_[i]), respond);
    return Call(i, handler, request, respond);
  }
  Answer(routes_.size(),
         ErrorResponse(absl::NotFoundError("there is nothing at this path: see README.md for the API")),
         respond);
}

}  // namespace readcount::gateway
