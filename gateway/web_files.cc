#include "gateway/web_files.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/accept.h"
#include "gateway/vary.h"

namespace readcount::gateway {
namespace {

constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// If-None-Match compares weakly: a W/ before the tag says nothing here (RFC 9110, section 13.1.2).
bool Has(absl::string_view if_none_match, absl::string_view tag) {
  for (absl::string_view each : absl::StrSplit(if_none_match, ',')) {
    each = absl::StripAsciiWhitespace(each);
    if (each == "*" || absl::StripPrefix(each, "W/") == tag) return true;
  }
  return false;
}

}  // namespace

const WebFile* FindWebFile(absl::string_view name) {
  const absl::Span<const WebFile> files = WebFiles();
  const auto found = std::ranges::find(files, name, &WebFile::name);
  return found == files.end() ? nullptr : &*found;
}

Response FileResponse(const WebFile& file, const Request& request) {
  Response response{.content_type = file.content_type, .cache_control = "no-cache"};
  const bool gzip = AcceptsGzip(request.accept_encoding);
  // What is encoded otherwise has other bytes, and so another tag.
  const std::string tag = absl::StrCat("\"", file.tag, gzip ? "-gzip" : "", "\"");
  response.headers.emplace_back("ETag", tag);
  AddVary(response, "Accept-Encoding");
  if (Has(request.if_none_match, tag)) {
    response.status = 304;
    return response;
  }
  if (absl::StartsWith(file.content_type, "text/html")) {
    response.headers.emplace_back("Content-Security-Policy", kPolicy);
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
  }
  if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = std::string(gzip ? file.gzip : file.bytes);
  return response;
}

}  // namespace readcount::gateway
