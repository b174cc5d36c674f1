#include "gateway/timed_socket.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace readcount::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr size_t kReadBytes = 4096;
// How much of what a refused client still sends is read away, and for how long.
constexpr size_t kLingerBytes = 1 << 20;
constexpr absl::Duration kLingerTime = absl::Seconds(1);
constexpr std::chrono::milliseconds kBetweenCancels(100);

}  // namespace

TimedSocket::TimedSocket(tcp::socket socket, std::shared_ptr<asio::ssl::context> tls)
    : context_(std::move(tls)), socket_(std::move(socket)), timer_(socket_.get_executor()) {
  if (context_ != nullptr) tls_.emplace(socket_, *context_);
}

asio::awaitable<error_code> TimedSocket::Handshake() {
  error_code error;
  co_await tls_->async_handshake(asio::ssl::stream_base::server,
                                 asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

asio::awaitable<void> TimedSocket::SayGoodbye() {
  error_code ignored;
  ExpireAfter(kLingerTime);
  co_await tls_->async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
}

std::string TimedSocket::PeerAddress() const {
  error_code error;
  const tcp::endpoint peer = socket_.remote_endpoint(error);
  return error ? "" : peer.address().to_string();
}

// The deadline is set anew several times for each request, and mostly to a later time: then the timer stays
// as it is, and when it fires finds that it is not time yet. It ends only what is waiting; what begins later
// looks at the deadline itself.
void TimedSocket::ExpireAfter(absl::Duration duration) {
  deadline_ = SteadyClock::now() + absl::ToChronoNanoseconds(duration);
  if (!watching_ || deadline_ < timer_.expiry()) WatchUntil(deadline_);
}

void TimedSocket::WatchUntil(SteadyClock::time_point time) {
  watching_ = true;
  timer_.expires_at(time);
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const std::shared_ptr<TimedSocket> self = weak.lock();
    if (error || self == nullptr) return;
    self->watching_ = false;
    if (self->Expired()) {
      error_code ignored;
      self->socket_.cancel(ignored);
      // An operation over TLS is several of the socket's, of which one may have ended just before, and the
      // next begins without a look at the deadline.
      if (self->tls_.has_value() && self->socket_.is_open())
        self->WatchUntil(SteadyClock::now() + kBetweenCancels);
    } else if (self->deadline_ != SteadyClock::time_point::max()) {
      self->WatchUntil(self->deadline_);
    }
  });
}

bool TimedSocket::HasUnread() {
  error_code error;
  if (tls_.has_value() && SSL_has_pending(tls_->native_handle()) == 1) return true;
  return socket_.available(error) > 0 && !error;
}

// Over TLS the end is a message, or comes after one; what else has come is read away, for nobody wants it.
void TimedSocket::WatchPeer(std::function<void()> gone) {
  if (tls_.has_value()) {
    const auto byte = std::make_shared<char>();
    return tls_->async_read_some(
        asio::buffer(byte.get(), 1),
        [self = shared_from_this(), byte, gone = std::move(gone)](const error_code& error, size_t /*bytes*/) {
          if (error) gone();
        });
  }
  socket_.async_wait(tcp::socket::wait_read,
                     [weak = weak_from_this(), gone = std::move(gone)](const error_code& error) {
                       const std::shared_ptr<TimedSocket> self = weak.lock();
                       if (error || self == nullptr || !self->HasUnread()) gone();
                     });
}

asio::awaitable<error_code> TimedSocket::Read(boost::beast::flat_buffer& buffer) {
  if (Expired()) co_return asio::error::timed_out;
  error_code error;
  const auto room = buffer.prepare(kReadBytes);
  size_t bytes = 0;
  if (tls_.has_value()) {
    bytes = co_await tls_->async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
  } else {
    bytes = co_await socket_.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
  }
  buffer.commit(bytes);
  co_return error;
}

asio::awaitable<error_code> TimedSocket::Write(absl::string_view text) {
  while (!text.empty()) {
    if (Expired()) co_return asio::error::timed_out;
    error_code error;
    const auto rest = asio::buffer(text.data(), text.size());
    size_t bytes = 0;
    if (tls_.has_value()) {
      bytes = co_await tls_->async_write_some(rest, asio::redirect_error(asio::use_awaitable, error));
    } else {
      bytes = co_await socket_.async_write_some(rest, asio::redirect_error(asio::use_awaitable, error));
    }
    if (error) co_return error;
    text.remove_prefix(bytes);
  }
  co_return error_code();
}

asio::awaitable<void> TimedSocket::Linger() {
  error_code error;
  if (tls_.has_value()) co_await SayGoodbye();
  socket_.shutdown(tcp::socket::shutdown_send, error);
  ExpireAfter(kLingerTime);
  boost::beast::flat_buffer unread;
  for (size_t total = 0; !error && total < kLingerBytes; total += unread.size()) {
    unread.clear();
    const size_t bytes = co_await socket_.async_read_some(unread.prepare(kReadBytes),
                                                          asio::redirect_error(asio::use_awaitable, error));
    unread.commit(bytes);
    if (Expired()) break;
  }
}

void TimedSocket::Close() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  timer_.cancel();
}

void TimedSocket::Reset() {
  error_code ignored;
  socket_.set_option(tcp::socket::linger(true, 0), ignored);
  socket_.close(ignored);
  timer_.cancel();
}

}  // namespace readcount::gateway
