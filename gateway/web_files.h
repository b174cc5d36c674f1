#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gateway/http.h"

namespace readcount::gateway {

// A file that is built into the program: the dashboard, the API's description, and the libraries that they
// use.
struct WebFile {
  absl::string_view name;  // in lower case, of letters, digits, '.', '-' and '_'
  const char* content_type;
  absl::string_view tag;  // of its bytes, for ETag (RFC 9110, section 8.8.3), without the quotes
  absl::string_view bytes;
  absl::string_view gzip;  // the same, compressed
};

// All of them; made from gateway/web and the libraries by cmake/embed.py.
absl::Span<const WebFile> WebFiles();

// The file of that name, or null.
const WebFile* FindWebFile(absl::string_view name);

// Answers with a file: 304 if the client has it, compressed if the client takes that. Pages may load nothing
// but what the gateway serves itself.
Response FileResponse(const WebFile& file, const Request& request);

}  // namespace readcount::gateway
