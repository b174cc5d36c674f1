#include "gateway/listener.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"

namespace readcount::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Long enough for a descriptor to come free, short enough for nobody to notice.
constexpr std::chrono::milliseconds kPauseAfterError(50);

}  // namespace

Listener::Listener(asio::io_context& io, const Router& router, SessionLimits limits)
    : io_(io), acceptor_(boost::asio::make_strand(io)), router_(router), limits_(limits) {}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Start(asio::io_context& io, const Address& listen,
                                                          const Router& router, SessionLimits limits) {
  auto listener = std::unique_ptr<Listener>(new Listener(io, router, limits));
  error_code error;
  const auto found =
      tcp::resolver(io).resolve(listen.host, absl::StrCat(listen.port), tcp::resolver::passive, error);
  const tcp::endpoint endpoint = error ? tcp::endpoint() : found.begin()->endpoint();
  tcp::acceptor& acceptor = listener->acceptor_;
  if (!error) acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", listen.ToString(), ": ", error.message()));
  listener->address_ = {.host = listen.host, .port = acceptor.local_endpoint().port()};
  asio::co_spawn(acceptor.get_executor(), [self = listener.get()] { return self->Accept(); }, asio::detached);
  return listener;
}

asio::awaitable<void> Listener::Accept() {
  while (acceptor_.is_open()) {
    error_code error;
    tcp::socket socket(asio::make_strand(io_));
    co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      socket.set_option(tcp::no_delay(true), error);
      Add(std::move(socket));
    } else if (error != asio::error::operation_aborted) {
      Log(LogLevel::kWarning, "accept_failed", {{"error", error.message()}});
      asio::steady_timer pause(io_, kPauseAfterError);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void Listener::Add(tcp::socket socket) {
  auto session = std::make_shared<Session>(std::move(socket), router_, limits_);
  {
    absl::MutexLock lock(&mutex_);
    if (draining_) return;
    sessions_.insert(session);
  }
  session->Start([this, session] { Remove(session); });
}

void Listener::Remove(const std::shared_ptr<Session>& session) {
  absl::MutexLock lock(&mutex_);
  sessions_.erase(session);
}

void Listener::Drain(absl::Duration grace) {
  asio::post(acceptor_.get_executor(), [this] {
    error_code ignored;
    acceptor_.close(ignored);
  });
  absl::MutexLock lock(&mutex_);
  draining_ = true;
  for (const std::shared_ptr<Session>& session : sessions_) session->Stop();
  if (mutex_.AwaitWithTimeout(absl::Condition(this, &Listener::Empty), grace)) return;
  Log(LogLevel::kWarning, "connections_cut", {{"connections", sessions_.size()}});
  for (const std::shared_ptr<Session>& session : sessions_) session->Abort();
}

}  // namespace readcount::gateway
