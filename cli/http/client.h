#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace readcount::cli {

struct HttpResponse {
  int status = 0;
  std::string body;
};

// A client with one keep-alive connection, opened when it is needed. Not thread-safe.
class HttpClient {
 public:
  // `address` is host:port; `timeout` bounds connecting and one request, each.
  HttpClient(std::string address, absl::Duration timeout);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Makes the connection, unless there is one. UNAVAILABLE if it cannot be made.
  absl::Status Connect();

  // UNAVAILABLE if no connection could be made, so that nothing was sent; UNKNOWN if it broke, or no response
  // came in time. Of a server that has never answered in HTTP the message asks whether it speaks TLS.
  absl::StatusOr<HttpResponse> Get(const std::string& target);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace readcount::cli
