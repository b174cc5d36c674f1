#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace readcount::gateway {

// A socket with one deadline for all that is read and written until it is set anew, however many pieces that
// comes in. Used on its executor alone.
class TimedSocket : public std::enable_shared_from_this<TimedSocket> {
 public:
  explicit TimedSocket(boost::asio::ip::tcp::socket socket);

  boost::asio::any_io_executor executor() { return socket_.get_executor(); }

  // The address at the other end, without the port; empty if there is none any more.
  std::string PeerAddress() const;

  // From now on reads and writes fail once `duration` has passed.
  void ExpireAfter(absl::Duration duration);

  // Lets go of the deadline. REQUIRES: nothing is read or written until it is set again.
  void Rest() { deadline_ = SteadyClock::time_point::max(); }

  bool Expired() const { return deadline_ <= SteadyClock::now(); }

  // True if bytes have come that were not read yet.
  bool HasUnread() const;

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

  void Watch();

  boost::asio::ip::tcp::socket socket_;
  SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
  boost::asio::steady_timer timer_;  // fires at the deadline or before
  bool watching_ = false;            // the timer runs
};

}  // namespace readcount::gateway
