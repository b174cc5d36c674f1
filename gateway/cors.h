#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/http.h"

namespace readcount::gateway {

// Which pages of other origins may read the API: the server's side of CORS (fetch.spec.whatwg.org). No
// cookies are asked for or taken. Never changed once made, so thread-safe.
class CorsPolicy {
 public:
  // Off: no page of another origin reads anything.
  CorsPolicy() = default;

  // Reads a setting: origins separated by commas, each as browsers send it, `scheme://host[:port]` in lower
  // case without a path; or `*` alone for every origin; or nothing, which is off. INVALID_ARGUMENT names the
  // origin that is wrong and why.
  static absl::StatusOr<CorsPolicy> Parse(absl::string_view origins);

  bool on() const { return any_ || !origins_.empty(); }

  // True if the request is no request yet but a browser's question whether it may send one.
  bool IsPreflight(const Request& request) const {
    return on() && request.method == Method::kOptions && request.asks_for_method && !request.origin.empty();
  }

  // The answer to a preflight, to be completed by Decorate as every answer is.
  static Response Preflight();

  // Lets the page of `origin` read the response, if it may; empty is no page.
  void Decorate(absl::string_view origin, Response& response) const;

 private:
  bool any_ = false;
  std::vector<std::string> origins_;
};

}  // namespace readcount::gateway
