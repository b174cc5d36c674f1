#include "gateway/listener.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/errors.h"
#include "gateway/session.h"
#include "services/common/base/log.h"

namespace readcount::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Between tries to accept while descriptors are short: from hardly to be noticed to hardly any work.
constexpr std::chrono::milliseconds kFirstPause(10), kMostPause(500);

}  // namespace

Listener::Listener(asio::io_context& io, const Router& router, const RequestLimits& limits,
                   size_t max_connections)
    : io_(io),
      acceptor_(asio::make_strand(io)),
      router_(router),
      limits_(limits),
      sessions_(max_connections) {}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Start(asio::io_context& io, const Address& listen,
                                                          const Router& router, const RequestLimits& limits,
                                                          size_t max_connections) {
  auto listener = std::unique_ptr<Listener>(new Listener(io, router, limits, max_connections));
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
  auto pause = kFirstPause;
  while (acceptor_.is_open()) {
    error_code error;
    tcp::socket socket(asio::make_strand(io_));
    co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      if (pause != kFirstPause) Log(LogLevel::kInfo, "accept_resumed");
      pause = kFirstPause;
      socket.set_option(tcp::no_delay(true), error);
      Add(std::move(socket));
    } else if (error != asio::error::operation_aborted && error != asio::error::connection_aborted) {
      // Once per outage.
      if (pause == kFirstPause)
        Log(LogLevel::kWarning, "accept_paused", {{"error", std::strerror(error.value())}});
      // The lack shows also when nobody waits; only for a newcomer may another connection end.
      co_await acceptor_.async_wait(tcp::acceptor::wait_read,
                                    asio::redirect_error(asio::use_awaitable, error));
      if (error) continue;
      sessions_.EvictIdle();
      asio::steady_timer timer(acceptor_.get_executor(), pause);
      pause = std::min(2 * pause, kMostPause);
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void Listener::Add(tcp::socket socket) {
  auto session = std::make_shared<Session>(std::move(socket), router_, limits_, sessions_);
  switch (sessions_.Add(session)) {
    case SessionTable::Place::kServed:
      session->Start();
      break;
    case SessionTable::Place::kRefused:
      session->Refuse(OverloadResponse("too many connections"));
      break;
    case SessionTable::Place::kNone:
      break;
  }
}

void Listener::Drain(absl::Duration grace) {
  asio::post(acceptor_.get_executor(), [this] {
    error_code ignored;
    acceptor_.close(ignored);
  });
  sessions_.Drain(grace);
}

}  // namespace readcount::gateway
