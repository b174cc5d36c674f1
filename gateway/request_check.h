#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace readcount::gateway {

// What of a parsed request head decides whether its framing can be trusted.
struct RequestHead {
  int version = 11;  // 10 or 11
  std::vector<std::string> hosts;
  std::vector<std::string> transfer_encodings;
  std::vector<std::string> content_lengths;
  std::string target;
};

// Refuses what the parser lets through but proxies may read differently (RFC 9112, sections 3.2, 5.2, 6.1
// and 6.2): INVALID_ARGUMENT with the reason; the connection must then be closed.
absl::Status CheckHead(const RequestHead& head);

// The same for the head's raw bytes, as far as they have come: folded header lines, lines that end in a bare
// LF.
absl::Status CheckRawHead(absl::string_view raw);

}  // namespace readcount::gateway
