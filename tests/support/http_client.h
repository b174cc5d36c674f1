#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace readcount::testing {

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;

  // The number after `"key":` in the body; none if it is not there.
  std::optional<uint64_t> Number(const std::string& key) const;
};

// A small HTTP client with one keep-alive connection, opened again when it is lost. Not thread-safe.
class HttpClient {
 public:
  // `address` is host:port.
  explicit HttpClient(const std::string& address);
  ~HttpClient();

  // Opens the connection unless it is open; false if nobody listens, and so nothing can have been sent.
  bool Connect();

  // None if the connection broke: then it is unknown what the server did.
  std::optional<HttpReply> Send(const std::string& method, const std::string& target,
                                const std::map<std::string, std::string>& headers = {},
                                const std::string& body = "");
  std::optional<HttpReply> Get(const std::string& target) { return Send("GET", target); }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace readcount::testing
