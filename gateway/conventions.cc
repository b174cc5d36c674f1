#include "gateway/conventions.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/accept.h"
#include "gateway/compression.h"
#include "gateway/errors.h"
#include "gateway/grpc_timeout.h"
#include "gateway/problem.h"
#include "gateway/vary.h"

namespace readcount::gateway {
namespace {

// The deadline of what was asked; that it is over is DEADLINE_EXCEEDED.
absl::StatusOr<absl::Duration> TimeoutOf(const Request& request, absl::Duration most) {
  if (request.grpc_timeout.empty()) return absl::InfiniteDuration();
  const absl::StatusOr<absl::Duration> asked = ParseGrpcTimeout(request.grpc_timeout);
  if (!asked.ok()) return asked.status();
  if (*asked <= absl::ZeroDuration())
    return absl::DeadlineExceededError("Grpc-Timeout leaves no time: nothing was done");
  return std::min(*asked, most);
}

bool IsEncoded(const Response& response) {
  return std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    return absl::EqualsIgnoreCase(header.first, "Content-Encoding");
  });
}

// RFC 9110, section 8.8.1: bytes that differ must not have the same strong tag.
void WeakenETag(Response& response) {
  for (auto& [name, value] : response.headers) {
    if (absl::EqualsIgnoreCase(name, "ETag") && !absl::StartsWith(value, "W/"))
      value = absl::StrCat("W/", value);
  }
}

void Compress(absl::string_view accept_encoding, Response& response) {
  if (!response.compressible || response.events != nullptr || !IsWorthGzip(response.body.size()) ||
      IsEncoded(response))
    return;
  AddVary(response, "Accept-Encoding");
  if (!AcceptsGzip(accept_encoding)) return;
  std::optional<std::string> shorter = Gzip(response.body);
  if (!shorter.has_value()) return;
  response.body = *std::move(shorter);
  response.headers.emplace_back("Content-Encoding", "gzip");
  WeakenETag(response);
}

}  // namespace

std::optional<Response> Conventions::Begin(Request& request) const {
  if (request.request_id.none()) request.request_id = RequestId::Make();
  if (request.traceparent.none()) request.traceparent = TraceContext::Make();
  std::optional<Response> answer;
  if (settings_.cors.IsPreflight(request)) {
    answer = CorsPolicy::Preflight();
  } else if (const absl::StatusOr<absl::Duration> timeout = TimeoutOf(request, settings_.max_timeout);
             timeout.ok()) {
    request.timeout = *timeout;
  } else {
    answer = ErrorResponse(timeout.status());
  }
  if (answer.has_value()) router_.CountUnrouted(answer->status);
  return answer;
}

void Conventions::Finish(const Request& request, Response& response) const {
  response.request_id = request.request_id.none() ? RequestId::Make() : request.request_id;
  response.traceparent = request.traceparent.none() ? TraceContext::Make() : request.traceparent;
  if (response.error.has_value() && PrefersProblem(request.accept))
    RenderProblem(response, response.request_id.text());
  settings_.cors.Decorate(request.origin, response);
  Compress(request.accept_encoding, response);
}

}  // namespace readcount::gateway
