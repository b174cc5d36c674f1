#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/target.h"

namespace readcount::gateway {

enum class Method { kGet, kHead, kPost, kOther };

// A request as handlers see it, checked and complete.
struct Request {
  Method method = Method::kOther;
  Target target;
  std::string authorization;  // the header's value; empty if absent
  bool prefetch = false;      // the browser says that nobody looks yet
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;  // beside those that every response has
};

// Takes the response to one request; to be called once, from any thread.
using Respond = std::function<void(Response)>;

// Serves one route. `parameter` is the path's variable part, as it was sent; empty where there is none.
using Handler = std::function<void(const Request& request, const std::string& parameter, Respond respond)>;

}  // namespace readcount::gateway
