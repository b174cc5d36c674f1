#include "gateway/request_convert.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace readcount::gateway {
namespace {

namespace http = boost::beast::http;

constexpr absl::string_view kMetadataPrefix = "Grpc-Metadata-";

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
    case http::verb::options:
      return Method::kOptions;
    default:
      return Method::kOther;
  }
}

// `Sec-Purpose: prefetch;prerender`: a list of tokens with parameters (RFC 9651, section 3.1), over any
// number of lines.
bool SaysPrefetch(absl::string_view value) {
  for (absl::string_view member : absl::StrSplit(value, ',')) {
    const absl::string_view token = absl::StripAsciiWhitespace(member.substr(0, member.find(';')));
    if (absl::EqualsIgnoreCase(token, "prefetch")) return true;
  }
  return false;
}

// RFC 9110, section 5.3.
void Join(std::string& list, absl::string_view line) {
  absl::StrAppend(&list, list.empty() ? "" : ", ", line);
}

// Names that gRPC takes, but for those that have a meaning of their own to it or to the services. To these
// the gateway shows its own credentials only.
bool IsMetadataName(absl::string_view name) {
  constexpr absl::string_view kTaken[] = {"authorization", "content-type", "host",        "te",
                                          "traceparent",   "user-agent",   "x-request-id"};
  return !name.empty() && !absl::StartsWith(name, "grpc-") && !absl::EndsWith(name, "-bin") &&
         std::find(std::begin(kTaken), std::end(kTaken), name) == std::end(kTaken) &&
         std::all_of(name.begin(), name.end(), [](char byte) {
           return absl::ascii_isalnum(byte) || byte == '-' || byte == '_' || byte == '.';
         });
}

// Takes one header field after the other into a request.
class FieldTaker {
 public:
  explicit FieldTaker(Request& request) : request_(request) {}

  void Take(http::field field, boost::beast::string_view name, boost::beast::string_view text) {
    const absl::string_view value = ToView(text);
    switch (field) {
      case http::field::accept:
        return Join(request_.accept, value);
      case http::field::accept_encoding:
        return Join(request_.accept_encoding, value);
      case http::field::authorization:
        if (request_.authorization.empty()) request_.authorization = std::string(value);
        return;
      case http::field::if_none_match:
        return Join(request_.if_none_match, value);
      case http::field::origin:
        return Join(request_.origin, value);
      case http::field::access_control_request_method:
        request_.asks_for_method = true;
        return;
      case http::field::unknown:
        return TakeUnknown(ToView(name), value);
      default:
        return;
    }
  }

 private:
  void TakeUnknown(absl::string_view name, absl::string_view value) {
    if (absl::EqualsIgnoreCase(name, "traceparent")) {
      request_.traceparent = traceparents_++ == 0 ? TraceContext::Parse(value) : TraceContext();
    } else if (absl::EqualsIgnoreCase(name, "X-Request-Id")) {
      request_.request_id = request_ids_++ == 0 ? RequestId::Parse(value) : RequestId();
    } else if (absl::EqualsIgnoreCase(name, "Grpc-Timeout")) {
      Join(request_.grpc_timeout, value);
    } else if (absl::EqualsIgnoreCase(name, "Sec-Purpose") || absl::EqualsIgnoreCase(name, "Purpose")) {
      request_.prefetch |= SaysPrefetch(value);
    } else if (absl::EqualsIgnoreCase(name, "X-Forwarded-For")) {
      Join(request_.forwarded_for, value);
    } else if (absl::StartsWithIgnoreCase(name, kMetadataPrefix)) {
      TakeMetadata(name.substr(kMetadataPrefix.size()), value);
    }
  }

  void TakeMetadata(absl::string_view mixed_case_name, absl::string_view value) {
    std::string name = absl::AsciiStrToLower(mixed_case_name);
    const size_t bytes = name.size() + value.size();
    if (request_.metadata.size() >= kMaxMetadata || metadata_bytes_ + bytes > kMaxMetadataBytes) return;
    if (!IsMetadataName(name) || !std::all_of(value.begin(), value.end(), absl::ascii_isprint)) return;
    metadata_bytes_ += bytes;
    request_.metadata.emplace_back(std::move(name), value);
  }

  Request& request_;
  int traceparents_ = 0, request_ids_ = 0;
  size_t metadata_bytes_ = 0;
};

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
  FieldTaker taker(request);
  for (const auto& field : message) taker.Take(field.name(), field.name_string(), field.value());
  return request;
}

}  // namespace readcount::gateway
