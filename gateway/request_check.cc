#include "gateway/request_check.h"

#include "absl/strings/match.h"

namespace readcount::gateway {

absl::Status CheckHead(const RequestHead& head) {
  if (head.version == 11 && head.hosts.size() != 1) {
    return absl::InvalidArgumentError("an HTTP/1.1 request must have exactly one Host header");
  }
  if (head.hosts.size() > 1) return absl::InvalidArgumentError("a request must not have two Host headers");
  if (head.version < 11 && !head.transfer_encodings.empty()) {
    return absl::InvalidArgumentError("an HTTP/1.0 request must not have a Transfer-Encoding");
  }
  if (head.transfer_encodings.size() > 1 ||
      (head.transfer_encodings.size() == 1 &&
       !absl::EqualsIgnoreCase(head.transfer_encodings[0], "chunked"))) {
    return absl::InvalidArgumentError("the only Transfer-Encoding understood is chunked");
  }
  if (!absl::StartsWith(head.target, "/")) {
    return absl::InvalidArgumentError("the request target must be a path that begins with /");
  }
  return absl::OkStatus();
}

absl::Status CheckRawHead(absl::string_view raw) {
  for (size_t at = raw.find('\n'); at != absl::string_view::npos; at = raw.find('\n', at + 1)) {
    if (at == 0 || raw[at - 1] != '\r') return absl::InvalidArgumentError("lines must end in CR LF");
  }
  if (absl::StrContains(raw, "\n ") || absl::StrContains(raw, "\n\t")) {
    return absl::InvalidArgumentError("header lines must not be folded");
  }
  return absl::OkStatus();
}

}  // namespace readcount::gateway
