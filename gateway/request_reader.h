#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/discarded_body.h"
#include "gateway/http.h"
#include "gateway/timed_socket.h"

namespace readcount::gateway {

struct RequestLimits {
  size_t max_header_bytes = 0;
  size_t max_body_bytes = 0;
  absl::Duration idle_timeout;    // to wait for a request on a connection that lives on
  absl::Duration header_timeout;  // to receive a whole request, from its first byte
};

// What came of reading one request: a request, a refusal after which the connection ends, or, if both are
// none, a connection that has ended.
struct Incoming {
  std::optional<Request> request;
  std::optional<Response> refusal;
  bool head_only = false;  // what answers it has no body
  bool keep_alive = false;
  bool http_1_0 = false;
};

// Reads requests off one connection, one after the other; those that came pipelined wait in its buffer.
// Whatever could be read in two ways (RFC 9112, section 11.2) is refused.
class RequestReader {
 public:
  // `socket` must outlive the reader.
  RequestReader(TimedSocket& socket, const RequestLimits& limits);

  // Waits for the first byte of a request, past the one empty line that old clients send after a body (RFC
  // 9112, section 2.2). False if the connection ended or was silent for so long.
  boost::asio::awaitable<bool> Await(absl::Duration longest);

  // Reads the request whose first byte is there. Header fields are those of its head: trailers are refused.
  boost::asio::awaitable<Incoming> Read();

 private:
  using Parser = boost::beast::http::request_parser<DiscardedBody>;

  boost::asio::awaitable<bool> CollectHead(Incoming& incoming);
  bool ParseHead(Incoming& incoming, Parser& parser);
  boost::asio::awaitable<bool> ReadBody(Incoming& incoming, Parser& parser);
  std::optional<Response> RefusalOfBody(const boost::system::error_code& error) const;
  absl::string_view Received() const;

  TimedSocket& socket_;
  const RequestLimits limits_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace readcount::gateway
