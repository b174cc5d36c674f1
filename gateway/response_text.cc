#include "gateway/response_text.h"

#include <boost/beast/http/status.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

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

std::string Reason(int status) {
  return std::string(boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status)));
}

}  // namespace

void RenderResponse(const Response& response, const Framing& framing, std::string& out) {
  out.clear();
  absl::StrAppend(&out, "HTTP/1.1 ", response.status, " ", Reason(response.status), "\r\nDate: ", DateNow(),
                  "\r\nContent-Type: ", response.content_type);
  absl::StrAppend(&out, "\r\nContent-Length: ", response.body.size(),
                  "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff");
  for (const auto& [name, value] : response.headers) absl::StrAppend(&out, "\r\n", name, ": ", value);
  if (!framing.keep_alive) absl::StrAppend(&out, "\r\nConnection: close");
  if (framing.keep_alive && framing.http_1_0) absl::StrAppend(&out, "\r\nConnection: keep-alive");
  out += "\r\n\r\n";
  if (!framing.head_only) out += response.body;
}

}  // namespace readcount::gateway
