#include "gateway/request_convert.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

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

bool SaysPrefetch(boost::beast::string_view purpose) {
  return absl::StrContains(absl::AsciiStrToLower(ToView(purpose)), "prefetch");
}

}  // namespace

absl::string_view ToView(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

RequestHead ToHead(const BeastRequest& request) {
  return {.version = static_cast<int>(request.version()),
          .hosts = AllOf(request, http::field::host),
          .transfer_encodings = AllOf(request, http::field::transfer_encoding),
          .target = std::string(request.target())};
}

absl::StatusOr<Request> ToRequest(const BeastRequest& message) {
  absl::StatusOr<Target> target = ParseTarget(ToView(message.target()));
  if (!target.ok()) return target.status();
  Request request{.method = ToMethod(message.method()), .target = *std::move(target)};
  request.authorization = std::string(message[http::field::authorization]);
  request.prefetch = SaysPrefetch(message["Sec-Purpose"]) || SaysPrefetch(message["Purpose"]);
  return request;
}

}  // namespace readcount::gateway
