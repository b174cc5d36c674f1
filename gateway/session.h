#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "gateway/http.h"
#include "gateway/router.h"

namespace readcount::gateway {

struct SessionLimits {
  size_t max_header_bytes = 0;
  size_t max_body_bytes = 0;
  absl::Duration idle_timeout;    // between requests
  absl::Duration header_timeout;  // to receive a whole request, and for the client to take the response
};

// One connection: reads a request, has it answered, writes the response, reads the next. Requests that came
// pipelined wait in the buffer, so responses keep their order. Everything runs on the connection's executor.
class Session : public std::enable_shared_from_this<Session> {
 public:
  // `router` must outlive the session.
  Session(boost::asio::ip::tcp::socket socket, const Router& router, SessionLimits limits);

  // Serves until the connection ends; then calls `ended` on the connection's executor.
  void Start(std::function<void()> ended);

  // Ends the connection after the request under way; at once if there is none. From any thread.
  void Stop();

  // Ends the connection now. From any thread.
  void Abort();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  // What to do after a request was read, or could not be.
  struct Incoming {
    std::optional<Request> request;   // none: the connection ends
    std::optional<Response> refusal;  // sent before it ends
    bool keep_alive = false;
    bool http_1_0 = false;
  };

  boost::asio::awaitable<void> Serve();
  boost::asio::awaitable<bool> WaitForRequest();
  boost::asio::awaitable<bool> ReadHead(Incoming& incoming, Parser& parser);
  boost::asio::awaitable<bool> ReadBody(Incoming& incoming, Parser& parser);
  boost::asio::awaitable<Incoming> ReadRequest();
  boost::asio::awaitable<Response> Answer(const Request& request);
  boost::asio::awaitable<bool> Write(const Response& response, const Incoming& incoming, bool keep_alive);
  boost::asio::awaitable<void> Linger();
  void ExpireAfter(absl::Duration duration);
  void Close();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  const Router& router_;
  const SessionLimits limits_;
  boost::beast::flat_buffer buffer_;
  std::string out_;
  bool idle_ = true;
  bool stopping_ = false;
  bool timed_out_ = false;  // the last wait ended by the timer
};

}  // namespace readcount::gateway
