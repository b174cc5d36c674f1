#include "gateway/cors.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/vary.h"

namespace readcount::gateway {
namespace {

constexpr absl::string_view kEvery = "*";
// How long a browser need not ask again; Chromium takes no more than two hours.
constexpr char kMaxAgeSeconds[] = "7200";

bool IsLowerOrDigit(char byte) {
  return absl::ascii_islower(byte) || absl::ascii_isdigit(byte);
}

// What of scheme://host[:port] is wrong; empty if nothing is.
absl::string_view FaultOf(absl::string_view origin) {
  constexpr absl::string_view kAfterScheme = "://";
  const size_t scheme_size = origin.find(kAfterScheme);
  if (scheme_size == absl::string_view::npos) return "begin it with https:// or http://";
  const absl::string_view scheme = origin.substr(0, scheme_size);
  if (scheme != "http" && scheme != "https") return "the scheme must be https or http, in lower case";
  absl::string_view host = origin.substr(scheme_size + kAfterScheme.size());
  if (absl::StrContains(host, '/')) return "leave away the / after the host and what follows it";
  const size_t bracket = absl::StartsWith(host, "[") ? host.find(']') : 0;
  if (bracket == absl::string_view::npos) return "the address lacks its ]";
  const size_t colon = host.find(':', bracket);
  if (colon != absl::string_view::npos) {
    const absl::string_view port = host.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), absl::ascii_isdigit))
      return "the port after the : must be a number";
    if ((scheme == "http" && port == "80") || (scheme == "https" && port == "443"))
      return "leave away the port that is the scheme's own: browsers do not send it";
    host = host.substr(0, colon);
  }
  const absl::string_view allowed = bracket > 0 ? "[:.]" : "-._";
  const bool sound = !host.empty() && std::all_of(host.begin(), host.end(), [allowed](char byte) {
    return IsLowerOrDigit(byte) || absl::StrContains(allowed, byte);
  });
  return sound ? "" : "the host must be a name or address in lower case";
}

}  // namespace

absl::StatusOr<CorsPolicy> CorsPolicy::Parse(absl::string_view origins) {
  CorsPolicy policy;
  if (absl::StripAsciiWhitespace(origins).empty()) return policy;
  for (absl::string_view origin : absl::StrSplit(origins, ',')) {
    origin = absl::StripAsciiWhitespace(origin);
    if (origin == kEvery) {
      policy.any_ = true;
      continue;
    }
    if (origin.empty()) return absl::InvalidArgumentError("there is nothing between two commas");
    if (const absl::string_view fault = FaultOf(origin); !fault.empty())
      return absl::InvalidArgumentError(absl::StrCat("the origin `", origin, "`: ", fault));
    policy.origins_.emplace_back(origin);
  }
  if (policy.any_ && absl::StrContains(origins, ','))
    return absl::InvalidArgumentError("* lets in every origin: it must stand alone");
  return policy;
}

Response CorsPolicy::Preflight() {
  return {.status = 204,
          .headers = {
              {"Access-Control-Allow-Methods", "GET, HEAD, POST"},
              {"Access-Control-Allow-Headers",
               "Authorization, Content-Type, X-Request-Id, traceparent, Grpc-Timeout"},
              {"Access-Control-Max-Age", kMaxAgeSeconds},
          }};
}

void CorsPolicy::Decorate(absl::string_view origin, Response& response) const {
  if (!on()) return;
  // For caches, also where this origin gets nothing.
  if (!any_) AddVary(response, "Origin");
  if (origin.empty() || (!any_ && std::find(origins_.begin(), origins_.end(), origin) == origins_.end()))
    return;
  response.headers.emplace_back("Access-Control-Allow-Origin", any_ ? kEvery : origin);
  response.headers.emplace_back("Access-Control-Expose-Headers", "X-Request-Id, traceparent, Retry-After");
}

}  // namespace readcount::gateway
