#include "gateway/request_head.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace readcount::gateway {
namespace {

// "prefetch" anywhere in a list, whatever stands beside it, as in "prefetch;prerender".
bool SaysPrefetch(absl::string_view value) {
  for (absl::string_view item : absl::StrSplit(value, absl::ByAnyChar(",;"))) {
    if (absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(item), "prefetch")) return true;
  }
  return false;
}

// RFC 3986, 3.2.2 and 3.2.3, without asking for more than the characters.
bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(c) || absl::StrContains("-._~!$&'()*+,;=:[]%", c);
}

}  // namespace

absl::string_view MethodName(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kOther:
      return "another";
  }
  return "another";
}

void RequestHead::Clear() {
  method = Method::kOther;
  target.clear();
  minor_version = 1;
  host.clear();
  transfer_encoding.clear();
  authorization.clear();
  host_fields = content_length_fields = transfer_encoding_fields = authorization_fields = 0;
  expects_continue = prefetch = folded = false;
}

void RequestHead::Add(absl::string_view name, absl::string_view value) {
  const auto is = [name](absl::string_view known) { return absl::EqualsIgnoreCase(name, known); };
  if (is("Host")) {
    host.assign(value.data(), value.size());
    ++host_fields;
  } else if (is("Content-Length")) {
    ++content_length_fields;
  } else if (is("Transfer-Encoding")) {
    transfer_encoding.assign(value.data(), value.size());
    ++transfer_encoding_fields;
  } else if (is("Authorization")) {
    authorization.assign(value.data(), value.size());
    ++authorization_fields;
  } else if (is("Expect")) {
    expects_continue = absl::EqualsIgnoreCase(value, "100-continue");
  } else if (is("Purpose") || is("Sec-Purpose")) {
    prefetch = prefetch || SaysPrefetch(value);
  }
}

absl::Status CheckRequestHead(const RequestHead& head) {
  const auto refuse = [](absl::string_view why) { return absl::InvalidArgumentError(why); };
  if (head.folded) return refuse("a header field is folded over two lines: send it in one");
  if (head.host_fields > 1) return refuse("there are several Host fields: send one");
  if (head.minor_version >= 1 && head.host_fields == 0) return refuse("there is no Host field: send one");
  if (!std::all_of(head.host.begin(), head.host.end(), IsHostCharacter)) {
    return refuse("the Host field is not a host and port");
  }
  if (head.transfer_encoding_fields > 0 && head.minor_version == 0) {
    return refuse("HTTP/1.0 has no Transfer-Encoding: send Content-Length");
  }
  if (head.transfer_encoding_fields > 1 ||
      (head.transfer_encoding_fields == 1 && !absl::EqualsIgnoreCase(head.transfer_encoding, "chunked"))) {
    return refuse("the Transfer-Encoding is not chunked, the only one understood here");
  }
  if (head.content_length_fields > 1) return refuse("there are several Content-Length fields: send one");
  if (head.content_length_fields > 0 && head.transfer_encoding_fields > 0) {
    return refuse("there are both Content-Length and Transfer-Encoding: send one of them");
  }
  if (head.authorization_fields > 1) return refuse("there are several Authorization fields: send one");
  if (!absl::StartsWith(head.target, "/")) {
    return refuse("the request target is not a path from '/': this server is no proxy");
  }
  return absl::OkStatus();
}

}  // namespace readcount::gateway
