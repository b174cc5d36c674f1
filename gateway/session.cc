#include "gateway/session.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "gateway/errors.h"
#include "gateway/request_check.h"
#include "gateway/request_convert.h"
#include "gateway/response_text.h"
#include "services/common/base/log.h"

namespace readcount::gateway {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr size_t kReadBytes = 4096;
// What of pipelined requests, bodies and chunk framing is kept unread beside a whole head.
constexpr size_t kBufferBeyondHead = 65536;
constexpr absl::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
// How much of what a refused client still sends is read away, so that it can read the refusal.
constexpr size_t kLingerBytes = 1 << 20;
constexpr absl::Duration kLingerTime = absl::Seconds(1);

Response BadRequest(absl::string_view message) {
  return ErrorResponse(400, absl::StatusCode::kInvalidArgument, message);
}

Response TooLarge(int status, absl::string_view message) {
  return ErrorResponse(status, absl::StatusCode::kInvalidArgument, message);
}

}  // namespace

Session::Session(asio::ip::tcp::socket socket, const Router& router, SessionLimits limits)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      router_(router),
      limits_(limits),
      buffer_(limits.max_header_bytes + kBufferBeyondHead) {}

void Session::Start(std::function<void()> ended) {
  asio::co_spawn(
      socket_.get_executor(), [self = shared_from_this()] { return self->Serve(); },
      [self = shared_from_this(), ended = std::move(ended)](const std::exception_ptr& /*never thrown*/) {
        self->Close();
        ended();
      });
}

void Session::Stop() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->stopping_ = true;
    if (self->idle_) self->Close();
  });
}

void Session::Abort() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->Close(); });
}

void Session::Close() {
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  timer_.cancel();
}

// Ends what the connection waits for after `duration`. A timer that fires late, after it was set anew, is
// told by its deadline.
void Session::ExpireAfter(absl::Duration duration) {
  timed_out_ = false;
  timer_.expires_after(absl::ToChronoNanoseconds(duration));
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const std::shared_ptr<Session> self = weak.lock();
    if (error || self == nullptr || self->timer_.expiry() > std::chrono::steady_clock::now()) return;
    self->timed_out_ = true;
    error_code ignored;
    self->socket_.cancel(ignored);
  });
}

asio::awaitable<void> Session::Serve() {
  for (bool keep_alive = true; keep_alive && !stopping_;) {
    if (!co_await WaitForRequest()) co_return;
    const Incoming incoming = co_await ReadRequest();
    if (incoming.refusal.has_value()) {
      if (co_await Write(*incoming.refusal, incoming, false)) co_await Linger();
      co_return;
    }
    if (!incoming.request.has_value()) co_return;
    const Response response = co_await Answer(*incoming.request);
    keep_alive = incoming.keep_alive && !stopping_;
    if (!co_await Write(response, incoming, keep_alive)) co_return;
  }
}

// False if the connection ended or was silent for too long.
asio::awaitable<bool> Session::WaitForRequest() {
  if (buffer_.size() > 0) co_return true;
  error_code error;
  idle_ = true;
  ExpireAfter(limits_.idle_timeout);
  const size_t bytes = co_await socket_.async_read_some(buffer_.prepare(kReadBytes),
                                                        asio::redirect_error(asio::use_awaitable, error));
  buffer_.commit(bytes);
  idle_ = false;
  co_return !error;
}

asio::awaitable<Session::Incoming> Session::ReadRequest() {
  Incoming incoming;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(limits_.max_header_bytes));
  parser.body_limit(limits_.max_body_bytes);
  ExpireAfter(limits_.header_timeout);
  if (!co_await ReadHead(incoming, parser)) co_return incoming;
  if (!co_await ReadBody(incoming, parser)) co_return incoming;
  absl::StatusOr<Request> request = ToRequest(parser.get());
  if (request.ok()) {
    incoming.request = *std::move(request);
  } else {
    incoming.refusal = BadRequest(request.status().message());
  }
  co_return incoming;
}

// Collects the whole head before it is parsed, because the parser hides folded lines. False if there is none.
asio::awaitable<bool> Session::ReadHead(Incoming& incoming, Parser& parser) {
  error_code error;
  for (;;) {
    const absl::string_view received(static_cast<const char*>(buffer_.cdata().data()), buffer_.size());
    const size_t end = received.find("\r\n\r\n");
    if (std::min(end, received.size()) > limits_.max_header_bytes) {
      incoming.refusal =
          TooLarge(431, "the request line and headers are longer than gateway.max_header_bytes");
      co_return false;
    }
    if (const absl::Status status = CheckRawHead(received.substr(0, end)); !status.ok()) {
      incoming.refusal = BadRequest(status.message());
      co_return false;
    }
    if (end != absl::string_view::npos) break;
    const size_t bytes = co_await socket_.async_read_some(buffer_.prepare(kReadBytes),
                                                          asio::redirect_error(asio::use_awaitable, error));
    buffer_.commit(bytes);
    if (error) {
      if (timed_out_) {
        incoming.refusal =
            ErrorResponse(408, absl::StatusCode::kDeadlineExceeded, "the request took too long to arrive");
      }
      co_return false;
    }
  }
  while (!parser.is_header_done() && !error) {
    const size_t used = parser.put(buffer_.data(), error);
    buffer_.consume(used);
    if (error == http::error::need_more) {
      error = used > 0 ? error_code() : http::error::bad_line_ending;
    }
  }
  if (error == http::error::body_limit) {
    incoming.refusal = TooLarge(413, "the body is longer than gateway.max_body_bytes");
  } else if (error) {
    incoming.refusal = BadRequest("the request is not HTTP/1.1: " + error.message());
  } else if (const absl::Status status = CheckHead(ToHead(parser.get())); !status.ok()) {
    incoming.refusal = BadRequest(status.message());
  }
  incoming.http_1_0 = parser.get().version() < 11;
  if (incoming.refusal.has_value()) co_return false;
  incoming.keep_alive = parser.keep_alive();
  co_return true;
}

asio::awaitable<bool> Session::ReadBody(Incoming& incoming, Parser& parser) {
  error_code error;
  if (!parser.is_done() &&
      absl::EqualsIgnoreCase(ToView(parser.get()[http::field::expect]), "100-continue")) {
    co_await asio::async_write(socket_, asio::buffer(kContinue.data(), kContinue.size()),
                               asio::redirect_error(asio::use_awaitable, error));
  }
  if (!error && !parser.is_done())
    co_await http::async_read(socket_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
  if (!error) co_return true;
  if (error == http::error::body_limit) {
    incoming.refusal = TooLarge(413, "the body is longer than gateway.max_body_bytes");
  } else if (timed_out_) {
    incoming.refusal =
        ErrorResponse(408, absl::StatusCode::kDeadlineExceeded, "the request took too long to arrive");
  } else if (error.category() == http::make_error_code(http::error::bad_chunk).category() &&
             error != http::error::partial_message) {
    incoming.refusal = BadRequest("the body is not framed as HTTP/1.1 asks: " + error.message());
  }
  co_return false;
}

// The handler answers from whichever thread it likes; the coroutine goes on on the connection's executor.
asio::awaitable<Response> Session::Answer(const Request& request) {
  timer_.cancel();
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Response)>(
      [this, &request](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        router_.Dispatch(request, [shared, executor = socket_.get_executor()](Response response) {
          asio::post(executor,
                     [shared, response = std::move(response)]() mutable { (*shared)(std::move(response)); });
        });
      },
      asio::use_awaitable);
}

asio::awaitable<bool> Session::Write(const Response& response, const Incoming& incoming, bool keep_alive) {
  const bool head = incoming.request.has_value() && incoming.request->method == Method::kHead;
  if (LogEnabled(LogLevel::kDebug))
    Log(LogLevel::kDebug, "request",
        {{"path", incoming.request.has_value() ? incoming.request->target.path : "-"},
         {"status", response.status}});
  RenderResponse(response, {.head_only = head, .keep_alive = keep_alive, .http_1_0 = incoming.http_1_0},
                 out_);
  error_code error;
  // Not only received but taken by the client within the same time as a request has.
  ExpireAfter(limits_.header_timeout);
  co_await asio::async_write(socket_, asio::buffer(out_), asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

// Closing with unread bytes resets the connection, and the client may never see the refusal.
asio::awaitable<void> Session::Linger() {
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  ExpireAfter(kLingerTime);
  for (size_t total = 0; !error && total < kLingerBytes;) {
    buffer_.clear();
    total += co_await socket_.async_read_some(buffer_.prepare(kReadBytes),
                                              asio::redirect_error(asio::use_awaitable, error));
  }
}

}  // namespace readcount::gateway
