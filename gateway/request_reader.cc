#include "gateway/request_reader.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "gateway/errors.h"
#include "gateway/request_check.h"
#include "gateway/request_convert.h"

namespace readcount::gateway {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr absl::string_view kEmptyLine = "\r\n";
constexpr absl::string_view kHeadEnd = "\r\n\r\n";
constexpr absl::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
// The longest line between the chunks of a body, with its extensions.
constexpr size_t kMaxChunkLine = 1024;

Response BadRequest(absl::string_view message) {
  return ErrorResponse(400, absl::StatusCode::kInvalidArgument, message);
}

Response TooLarge(int status, absl::string_view message) {
  return ErrorResponse(status, absl::StatusCode::kInvalidArgument, message);
}

Response TooLate() {
  return ErrorResponse(408, absl::StatusCode::kDeadlineExceeded, "the request took too long to arrive");
}

}  // namespace

RequestReader::RequestReader(TimedSocket& socket, const RequestLimits& limits)
    : socket_(socket), limits_(limits) {}

absl::string_view RequestReader::Received() const {
  return {static_cast<const char*>(buffer_.cdata().data()), buffer_.size()};
}

asio::awaitable<bool> RequestReader::Await(absl::Duration longest) {
  socket_.ExpireAfter(longest);
  for (bool skipped = false;;) {
    if (!skipped && absl::StartsWith(Received(), kEmptyLine)) {
      buffer_.consume(kEmptyLine.size());
      skipped = true;
    }
    const bool may_be_empty_line = !skipped && Received() == kEmptyLine.substr(0, 1);
    if (!Received().empty() && !may_be_empty_line) co_return true;
    if (co_await socket_.Read(buffer_)) co_return false;
  }
}

asio::awaitable<Incoming> RequestReader::Read() {
  Incoming incoming;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(limits_.max_header_bytes));
  parser.body_limit(limits_.max_body_bytes);
  socket_.ExpireAfter(limits_.header_timeout);
  const bool read =
      co_await CollectHead(incoming) && ParseHead(incoming, parser) && co_await ReadBody(incoming, parser);
  if (!read) incoming.request.reset();
  co_return incoming;
}

// Has the whole head in the buffer before it is parsed, because the parser hides folded lines.
asio::awaitable<bool> RequestReader::CollectHead(Incoming& incoming) {
  for (;;) {
    const absl::string_view received = Received();
    const size_t end = received.find(kHeadEnd);
    incoming.head_only = absl::StartsWith(received, "HEAD ");
    if (std::min(end, received.size()) > limits_.max_header_bytes) {
      incoming.refusal =
          TooLarge(431, "the request line and headers are longer than gateway.max_header_bytes");
      co_return false;
    }
    if (const absl::Status status = CheckRawHead(received.substr(0, end)); !status.ok()) {
      incoming.refusal = BadRequest(status.message());
      co_return false;
    }
    if (end != absl::string_view::npos) co_return true;
    if (co_await socket_.Read(buffer_)) {
      if (socket_.Expired()) incoming.refusal = TooLate();
      co_return false;
    }
  }
}

bool RequestReader::ParseHead(Incoming& incoming, Parser& parser) {
  error_code error;
  while (!parser.is_header_done() && !error) {
    const size_t used = parser.put(buffer_.data(), error);
    buffer_.consume(used);
    if (error == http::error::need_more) {
      error = used > 0 ? error_code() : http::error::bad_line_ending;
    }
  }
  incoming.http_1_0 = parser.get().version() < 11;
  if (error == http::error::body_limit) {
    incoming.refusal = TooLarge(413, "the body is longer than gateway.max_body_bytes");
    return false;
  }
  const absl::Status sound =
      error ? absl::InvalidArgumentError("the request is not HTTP/1.1: " + error.message())
            : CheckHead(ToHead(parser.get()));
  absl::StatusOr<Request> request = sound.ok() ? ToRequest(parser.get()) : sound;
  if (!request.ok()) {
    incoming.refusal = BadRequest(request.status().message());
    return false;
  }
  incoming.request = *std::move(request);
  incoming.keep_alive = parser.keep_alive();
  return true;
}

asio::awaitable<bool> RequestReader::ReadBody(Incoming& incoming, Parser& parser) {
  const Parser::value_type& message = parser.get();
  const auto fields = std::distance(message.begin(), message.end());
  error_code error;
  if (!parser.is_done() && !incoming.http_1_0 &&
      absl::EqualsIgnoreCase(ToView(message[http::field::expect]), "100-continue")) {
    error = co_await socket_.Write(kContinue);
  }
  parser.eager(true);
  while (!error && !parser.is_done()) {
    buffer_.consume(parser.put(buffer_.data(), error));
    if (error == http::error::need_more) {
      // The parser leaves nothing of the body itself: these are bytes between chunks, or trailers.
      error = buffer_.size() > kMaxChunkLine ? http::error::bad_chunk_extension : error_code();
    }
    if (!error && !parser.is_done()) error = co_await socket_.Read(buffer_);
  }
  if (error) {
    incoming.refusal = RefusalOfBody(error);
  } else if (std::distance(message.begin(), message.end()) != fields) {
    incoming.refusal = BadRequest("a chunked body must not have trailers");
  }
  co_return !error && !incoming.refusal.has_value();
}

// None if the connection has ended.
std::optional<Response> RequestReader::RefusalOfBody(const error_code& error) const {
  if (error == http::error::body_limit) {
    return TooLarge(413, "the body is longer than gateway.max_body_bytes");
  }
  if (error.category() == http::make_error_code(http::error::bad_chunk).category()) {
    return BadRequest("the body is not framed as HTTP/1.1 asks: " + error.message());
  }
  if (socket_.Expired()) return TooLate();
  return std::nullopt;
}

}  // namespace readcount::gateway
