#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace readcount::gateway {

// A socket with one deadline for all that is read and written until it is set anew, however many pieces that
// comes in; plain, or over TLS. Used on its executor alone.
class TimedSocket : public std::enable_shared_from_this<TimedSocket> {
 public:
  // With `tls` over TLS: then the first thing to do is Handshake.
  explicit TimedSocket(boost::asio::ip::tcp::socket socket,
                       std::shared_ptr<boost::asio::ssl::context> tls = nullptr);

  bool secure() const { return tls_.has_value(); }

  // Greets a client over TLS, before the deadline. An error if it is no client of TLS, or wants another
  // version. REQUIRES: secure.
  boost::asio::awaitable<boost::system::error_code> Handshake();

  // Tells a client over TLS that no more comes, so that it need not take what it has for a part, and waits a
  // little for its agreement. REQUIRES: secure.
  boost::asio::awaitable<void> SayGoodbye();

  boost::asio::any_io_executor executor() { return socket_.get_executor(); }

  // The address at the other end, without the port; empty if there is none any more.
  std::string PeerAddress() const;

  // From now on reads and writes fail once `duration` has passed.
  void ExpireAfter(absl::Duration duration);

  // Lets go of the deadline. REQUIRES: nothing is read or written until it is set again.
  void Rest() { deadline_ = SteadyClock::time_point::max(); }

  bool Expired() const { return deadline_ <= SteadyClock::now(); }

  // True if bytes have come that were not read yet.
  bool HasUnread();

  // Calls `gone` once if the client ends the stream or the connection breaks before it sends anything more.
  void WatchPeer(std::function<void()> gone);

  // Appends what has come, at least one byte, to `buffer`; an error at the end of the stream and past the
  // deadline.
  boost::asio::awaitable<boost::system::error_code> Read(boost::beast::flat_buffer& buffer);

  // Writes all of `text`, which must outlive the call.
  boost::asio::awaitable<boost::system::error_code> Write(absl::string_view text);

  // Ends the stream to the client and reads away what it still sends, within bounds: closing with unread
  // bytes resets the connection, and the client may never see what it was told.
  boost::asio::awaitable<void> Linger();

  // Ends the connection; what was written still arrives.
  void Close();

  // Ends the connection and forgets what the client has not taken.
  void Reset();

 private:
  using SteadyClock = std::chrono::steady_clock;

  // Every operation is on the socket itself or on the stream over it.
  using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

  void WatchUntil(SteadyClock::time_point time);

  const std::shared_ptr<boost::asio::ssl::context> context_;
  boost::asio::ip::tcp::socket socket_;
  std::optional<TlsStream> tls_;
  SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
  boost::asio::steady_timer timer_;  // fires at the deadline or before
  bool watching_ = false;            // the timer runs
};

}  // namespace readcount::gateway
