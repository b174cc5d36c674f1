#include "gateway/router.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/accept.h"
#include "gateway/errors.h"

namespace readcount::gateway {
namespace {

const Handler& HandlerFor(const Route& route, Method method) {
  static const Handler none;
  if (method == Method::kGet || method == Method::kHead) return route.get;
  return method == Method::kPost ? route.post : none;
}

// RFC 9110, section 10.2.1.
std::string AllowOf(const Route& route) {
  return absl::StrCat(route.get ? "GET, HEAD, " : "", route.post ? "POST, " : "", "OPTIONS");
}

Response Options(const Route& route) {
  return {.status = 204, .headers = {{"Allow", AllowOf(route)}}};
}

Response MethodNotAllowed(const Route& route) {
  const std::string allow = AllowOf(route);
  Response response =
      ErrorResponse(405, absl::StatusCode::kUnimplemented, absl::StrCat("this path takes ", allow));
  response.headers.emplace_back("Allow", allow);
  return response;
}

bool Accepts(const std::string& accept, const Route& route) {
  return accept.empty() || route.offers.empty() || !BestMediaType(accept, {route.offers}).empty();
}

Response NotAcceptable(const Route& route) {
  return ErrorResponse(406, absl::StatusCode::kInvalidArgument,
                       absl::StrCat("this path answers ", route.offers, ": Accept must allow it"));
}

Response TooManyOfClient(ClientLimits::Verdict verdict) {
  return ErrorResponse(
      absl::ResourceExhaustedError(verdict == ClientLimits::Verdict::kTooFast
                                       ? "this address asks faster than gateway.request_rate_per_client "
                                         "allows: nothing was counted, ask more "
                                         "slowly"
                                       : "this address has gateway.max_requests_per_client requests under "
                                         "way: nothing was counted, wait for "
                                         "them"));
}

}  // namespace

Router::Router(std::vector<Route> routes, int max_requests, std::shared_ptr<ClientLimits> limits)
    : routes_(std::move(routes)),
      max_requests_(max_requests),
      limits_(limits != nullptr && limits->any() ? std::move(limits) : nullptr),
      tally_(std::make_shared<RequestTally>(routes_.size() + 1)) {
  for (const Route& route : routes_) patterns_.push_back(MakePattern(route.path));
}

Router::Pattern Router::MakePattern(absl::string_view path) {
  const size_t open = path.find('{');
  const size_t close = path.find('}');
  if (open == absl::string_view::npos || close == absl::string_view::npos) return {.before = path};
  return {.before = path.substr(0, open), .after = path.substr(close + 1), .has_parameter = true};
}

bool Router::Matches(const Pattern& pattern, absl::string_view path) {
  if (!pattern.has_parameter) return path == pattern.before;
  return path.size() >= pattern.before.size() + pattern.after.size() &&
         absl::StartsWith(path, pattern.before) && absl::EndsWith(path, pattern.after) &&
         !absl::StrContains(ParameterOf(pattern, path), '/');
}

absl::string_view Router::ParameterOf(const Pattern& pattern, absl::string_view path) {
  if (!pattern.has_parameter) return "";
  path.remove_prefix(pattern.before.size());
  path.remove_suffix(pattern.after.size());
  return path;
}

void Router::Answer(size_t route, Response response, const Respond& respond) const {
  tally_->Answered(route, response.status);
  respond(std::move(response));
}

void Router::Call(size_t route, const Handler& handler, const Request& request, Respond respond) const {
  const bool limited = !routes_[route].unlimited;
  if (limited && !tally_->Begin(max_requests_))
    return Answer(route, OverloadResponse("too many requests under way"), respond);
  const std::string parameter(ParameterOf(patterns_[route], request.target.path));
  handler(request, parameter,
          [tally = tally_, route, limited, compressible = routes_[route].compressible,
           respond = std::move(respond)](Response response) {
            if (limited) tally->End();
            tally->Answered(route, response.status);
            response.compressible = compressible;
            respond(std::move(response));
          });
}

size_t Router::Find(absl::string_view path) const {
  size_t route = 0;
  while (route < routes_.size() && !Matches(patterns_[route], path)) ++route;
  return route;
}

void Router::Dispatch(const Request& request, Respond respond) const {
  const size_t route = Find(request.target.path);
  const bool exempt = route < routes_.size() && (routes_[route].unlimited || routes_[route].probe);
  if (limits_ == nullptr || exempt) return Serve(route, request, std::move(respond));
  const ClientLimits::Key client = ClientLimits::KeyOf(request.client);
  const ClientLimits::Verdict verdict = limits_->Enter(client);
  if (verdict != ClientLimits::Verdict::kAdmitted) return Answer(route, TooManyOfClient(verdict), respond);
  Serve(route, request, [limits = limits_, client, respond = std::move(respond)](Response response) {
    limits->Leave(client);
    respond(std::move(response));
  });
}

void Router::Serve(size_t i, const Request& request, Respond respond) const {
  if (i == routes_.size()) {
    return Answer(
        i, ErrorResponse(absl::NotFoundError("there is nothing at this path: /docs describes the API")),
        respond);
  }
  if (request.method == Method::kOptions) return Answer(i, Options(routes_[i]), respond);
  const Handler& handler = HandlerFor(routes_[i], request.method);
  if (!handler) return Answer(i, MethodNotAllowed(routes_[i]), respond);
  if (!Accepts(request.accept, routes_[i])) return Answer(i, NotAcceptable(routes_[i]), respond);
  Call(i, handler, request, std::move(respond));
}

}  // namespace readcount::gateway
