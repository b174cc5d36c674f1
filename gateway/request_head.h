#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace readcount::gateway {

enum class Method { kGet, kHead, kPost, kOther };

// GET, HEAD, POST, or "another" for what the gateway does not serve.
absl::string_view MethodName(Method method);

// What the gateway keeps of a request's line and header fields. Filled in by the parser; reused from request
// to request, so that its strings keep their memory.
struct RequestHead {
  Method method = Method::kOther;
  std::string target;     // as sent, not decoded
  int minor_version = 1;  // of HTTP/1.x
  std::string host;
  int host_fields = 0;
  int content_length_fields = 0;
  std::string transfer_encoding;  // of the last such field
  int transfer_encoding_fields = 0;
  std::string authorization;  // of the last such field
  int authorization_fields = 0;
  bool expects_continue = false;
  bool prefetch = false;  // Purpose or Sec-Purpose says that nobody looks at the answer yet
  bool folded = false;    // a field value went on in the next line (RFC 9112, 5.2)

  void Clear();

  // Takes one field; those that mean nothing to the gateway are dropped.
  void Add(absl::string_view name, absl::string_view value);
};

// Refuses what two HTTP programs in a row might understand differently, which is how requests are smuggled
// past one of them, and what this server does not speak. INVALID_ARGUMENT: answer 400 and close, since where
// the next request starts is in doubt.
absl::Status CheckRequestHead(const RequestHead& head);

}  // namespace readcount::gateway
