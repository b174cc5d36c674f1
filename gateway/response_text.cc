#include "gateway/response_text.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gateway/reason_phrase.h"

namespace readcount::gateway {
namespace {

// RFC 9110, section 6.6.1; made once a second.
const std::string& DateNow() {
  static thread_local int64_t made_at = 0;
  static thread_local std::string text;
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  if (now != made_at) {
    text = absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", absl::FromUnixSeconds(now), absl::UTCTimeZone());
    made_at = now;
  }
  return text;
}

// RFC 9110, sections 8.6, 15.3.5 and 15.4.5: without content, and its length would be that of another answer.
bool HasContent(int status) {
  return status != 204 && status != 304;
}

}  // namespace

void RenderResponse(const Response& response, const Framing& framing, std::string& out) {
  out.clear();
  absl::StrAppend(&out, "HTTP/1.1 ", response.status, " ", ReasonPhrase(response.status),
                  "\r\nDate: ", DateNow());
  const bool content = HasContent(response.status);
  if (content) absl::StrAppend(&out, "\r\nContent-Type: ", response.content_type);
  // A stream ends with its connection.
  if (content && response.events == nullptr)
    absl::StrAppend(&out, "\r\nContent-Length: ", response.body.size());
  absl::StrAppend(&out, "\r\nCache-Control: ", response.cache_control, "\r\nX-Content-Type-Options: nosniff");
  if (!response.request_id.none()) absl::StrAppend(&out, "\r\nX-Request-Id: ", response.request_id.text());
  if (!response.traceparent.none()) absl::StrAppend(&out, "\r\ntraceparent: ", response.traceparent.text());
  for (const auto& [name, value] : response.headers) absl::StrAppend(&out, "\r\n", name, ": ", value);
  if (!framing.keep_alive) absl::StrAppend(&out, "\r\nConnection: close");
  if (framing.keep_alive && framing.http_1_0) absl::StrAppend(&out, "\r\nConnection: keep-alive");
  out += "\r\n\r\n";
  if (content && !framing.head_only) out += response.body;
}

}  // namespace readcount::gateway
