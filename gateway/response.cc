#include "gateway/response.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gateway/http_status.h"
#include "gateway/json.h"

namespace readcount::gateway {
namespace {

// Long enough to spare a service that starts again, short enough that nobody waits for nothing.
constexpr int kRetryAfterSeconds = 1;

constexpr char kDateFormat[] = "%a, %d %b %Y %H:%M:%S GMT";

std::string FieldsFor(int http_status) {
  switch (http_status) {
    case 401:
      return "WWW-Authenticate: Bearer realm=\"readcount\"\r\n";
    case 429:
    case 503:
      return absl::StrCat("Retry-After: ", kRetryAfterSeconds, "\r\n");
    default:
      return "";
  }
}

absl::string_view ConnectionField(Persistence persistence) {
  switch (persistence) {
    case Persistence::kDefault:
      return "";
    case Persistence::kKeepAlive:
      return "Connection: keep-alive\r\n";
    case Persistence::kClose:
      return "Connection: close\r\n";
  }
  return "";
}

}  // namespace

HttpResponse OkResponse(std::string body) {
  return {.status = 200, .body = std::move(body)};
}

HttpResponse ErrorResponse(const absl::Status& error) {
  return ErrorResponse(HttpStatusOf(error.code()), error);
}

HttpResponse ErrorResponse(int http_status, const absl::Status& error) {
  return {.status = http_status, .body = ErrorJson(error), .fields = FieldsFor(http_status)};
}

void RenderHead(const HttpResponse& response, Persistence persistence, absl::string_view date,
                std::string& head) {
  head.clear();
  absl::StrAppend(&head, "HTTP/1.1 ", response.status, " ", ReasonPhrase(response.status));
  absl::StrAppend(&head, "\r\nDate: ", date, "\r\nContent-Length: ", response.body.size());
  absl::StrAppend(&head,
                  "\r\nContent-Type: application/json; charset=utf-8\r\n"
                  "Cache-Control: no-store\r\n"
                  "X-Content-Type-Options: nosniff\r\n",
                  ConnectionField(persistence), response.fields, "\r\n");
}

absl::string_view HttpDate::Now() {
  const absl::Time now = clock_.Now();
  if (const int64_t second = absl::ToUnixSeconds(now); second != second_) {
    second_ = second;
    text_ = absl::FormatTime(kDateFormat, now, absl::UTCTimeZone());
  }
  return text_;
}

}  // namespace readcount::gateway
