#pragma once

#include <cstddef>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/base/clock.h"

namespace readcount::gateway {

// What a request is answered with.
struct HttpResponse {
  int status = 200;
  std::string body;    // JSON
  std::string fields;  // header fields of this answer alone, each line with its CRLF
};

// Answers the request it was made for. May be called from any thread, once; an answer that comes after the
// connection has gone or its time is over is dropped.
using Respond = absl::AnyInvocable<void(HttpResponse)>;

// 200 with a body made by the functions of json.h.
HttpResponse OkResponse(std::string body);

// The error envelope, with the HTTP status of `error`'s code. 429 and 503 say when to try again, 401 how to
// authenticate.
HttpResponse ErrorResponse(const absl::Status& error);

// The same with an HTTP status that no gRPC code stands for: 405, 408, 413, 431.
HttpResponse ErrorResponse(int http_status, const absl::Status& error);

// What the response line and fields say of the connection.
enum class Persistence {
  kDefault,    // stays open, as HTTP/1.1 does unasked
  kKeepAlive,  // stays open, said aloud for HTTP/1.0
  kClose,
};

// Replaces `head` by the response line, all fields and the empty line after them.
void RenderHead(const HttpResponse& response, Persistence persistence, absl::string_view date,
                std::string& head);

// The value of the Date field (RFC 9110, 5.6.7), formatted once per second. Not thread-safe.
class HttpDate {
 public:
  explicit HttpDate(const Clock& clock) : clock_(clock) {}

  // Valid until the next call.
  absl::string_view Now();

 private:
  const Clock& clock_;
  int64_t second_ = -1;
  std::string text_;
};

}  // namespace readcount::gateway
