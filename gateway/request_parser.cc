#include "gateway/request_parser.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/match.h"

namespace readcount::gateway {
namespace {

namespace http = boost::beast::http;

absl::string_view ToAbsl(boost::beast::string_view text) {
  return {text.data(), text.size()};
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

// Beast joins folded lines and keeps quiet about it.
bool HasFold(absl::string_view head) {
  return absl::StrContains(head, "\n ") || absl::StrContains(head, "\n\t");
}

}  // namespace

void RequestParser::Parser::on_request_impl(http::verb method, Text, Text target, int version, Error&) {
  head_.method = ToMethod(method);
  head_.target.assign(target.data(), target.size());
  head_.minor_version = version % 10;
}

void RequestParser::Parser::on_field_impl(http::field, Text name, Text value, Error&) {
  // Trailers of a chunked body come this way too, and may not change what the head said.
  if (!is_header_done()) head_.Add(ToAbsl(name), ToAbsl(value));
}

RequestParser::RequestParser(Limits limits, RequestHead& head) : limits_(limits), head_(head), parser_(head) {
  head_.Clear();
  parser_.header_limit(static_cast<std::uint32_t>(limits.head_bytes));
  parser_.body_limit(limits.body_bytes);
}

ParseState RequestParser::Put(absl::string_view input, size_t& used) {
  const bool in_head = !parser_.is_header_done();
  boost::beast::error_code error;
  used = parser_.put({input.data(), input.size()}, error);
  if (in_head) {
    head_.folded = head_.folded || HasFold(input.substr(0, used));
    // Beast's own limit is for what it has not used yet, and it uses whole fields.
    head_bytes_ += used;
    if (head_bytes_ > limits_.head_bytes) return ParseState::kHeadTooLarge;
  }
  return After(error, input.size() - used);
}

ParseState RequestParser::After(const boost::beast::error_code& error, size_t left) const {
  if (error == http::error::header_limit) return ParseState::kHeadTooLarge;
  if (error == http::error::body_limit) return ParseState::kBodyTooLarge;
  if (error && error != http::error::need_more) return ParseState::kMalformed;
  if (parser_.is_done()) return ParseState::kDone;
  if (!error && parser_.is_header_done() && left > 0) return ParseState::kHeadDone;
  const bool in_head = !parser_.is_header_done();
  if (left + (in_head ? head_bytes_ : 0) < limits_.head_bytes) return ParseState::kNeedMore;
  return in_head ? ParseState::kHeadTooLarge : ParseState::kBodyTooLarge;
}

}  // namespace readcount::gateway
