#include "gateway/request_check.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace readcount::gateway {
namespace {

bool AllDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// uri-host [":" port] of RFC 9110, section 7.2, without the comma that would join two.
bool IsHost(absl::string_view text) {
  const size_t bracket = absl::StartsWith(text, "[") ? text.find(']') : 0;
  if (bracket == absl::string_view::npos) return false;
  const absl::string_view allowed = bracket > 0 ? ":.%" : "-._~%!$&'()*+;=";
  const size_t colon = text.find(':', bracket);
  const absl::string_view port = colon == absl::string_view::npos ? "" : text.substr(colon + 1);
  absl::string_view name = text.substr(0, colon);
  if (bracket > 0) {
    if (name.size() != bracket + 1) return false;
    name = name.substr(1, bracket - 1);
  }
  return AllDigits(port) && std::all_of(name.begin(), name.end(), [allowed](char byte) {
           return absl::ascii_isalnum(byte) || absl::StrContains(allowed, byte);
         });
}

}  // namespace

absl::Status CheckHead(const RequestHead& head) {
  if (head.version == 11 && head.hosts.size() != 1) {
    return absl::InvalidArgumentError("an HTTP/1.1 request must have exactly one Host header");
  }
  if (head.hosts.size() > 1) return absl::InvalidArgumentError("a request must not have two Host headers");
  if (!head.hosts.empty() && !IsHost(head.hosts[0])) {
    return absl::InvalidArgumentError(
        "the Host header must be a host name or address, with or without :port");
  }
  if (head.version < 11 && !head.transfer_encodings.empty()) {
    return absl::InvalidArgumentError("an HTTP/1.0 request must not have a Transfer-Encoding");
  }
  if (head.transfer_encodings.size() > 1 ||
      (head.transfer_encodings.size() == 1 &&
       !absl::EqualsIgnoreCase(head.transfer_encodings[0], "chunked"))) {
    return absl::InvalidArgumentError("the only Transfer-Encoding understood is chunked");
  }
  if (head.content_lengths.size() > 1 ||
      (head.content_lengths.size() == 1 && !AllDigits(head.content_lengths[0]))) {
    return absl::InvalidArgumentError("a request must not have more than one Content-Length, of digits only");
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
