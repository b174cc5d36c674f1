#include "gateway/request_convert.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace readcount::gateway {
namespace {

namespace http = boost::beast::http;

std::vector<std::string> AllOf(const BeastRequest& request, http::field name) {
  std::vector<std::string> values;
  const auto [begin, end] = request.equal_range(name);
  for (auto field = begin; field != end; ++field) values.emplace_back(field->value());
  return values;
}

Method ToMethod(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::kGet;
    case http::verb::head:
      return Method::kHead;
    case http::verb::post:
      return Method::kPost;
    default:
      return Method::kOther;
  }
}

// `Sec-Purpose: prefetch;prerender`: a list of tokens with parameters (RFC 9651, section 3.1), over any
// number of lines.
bool SaysPrefetch(const BeastRequest& request, absl::string_view name) {
  const auto [begin, end] = request.equal_range({name.data(), name.size()});
  for (auto field = begin; field != end; ++field) {
    for (absl::string_view member : absl::StrSplit(ToView(field->value()), ',')) {
      const absl::string_view token = absl::StripAsciiWhitespace(member.substr(0, member.find(';')));
      if (absl::EqualsIgnoreCase(token, "prefetch")) return true;
    }
  }
  return false;
}

}  // namespace

absl::string_view ToView(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

RequestHead ToHead(const BeastRequest& request) {
  return {.version = static_cast<int>(request.version()),
          .hosts = AllOf(request, http::field::host),
          .transfer_encodings = AllOf(request, http::field::transfer_encoding),
          .content_lengths = AllOf(request, http::field::content_length),
          .target = std::string(request.target())};
}

absl::StatusOr<Request> ToRequest(const BeastRequest& message) {
  absl::StatusOr<Target> target = ParseTarget(ToView(message.target()));
  if (!target.ok()) return target.status();
  Request request{.method = ToMethod(message.method()), .target = *std::move(target)};
  request.authorization = std::string(message[http::field::authorization]);
  request.prefetch = SaysPrefetch(message, "Sec-Purpose") || SaysPrefetch(message, "Purpose");
  return request;
}

}  // namespace readcount::gateway
