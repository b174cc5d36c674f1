#include "gateway/listener.h"

#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

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
#include <iterator>
#include <utility>

#include "absl/synchronization/blocking_counter.h"
#include "gateway/errors.h"
#include "gateway/session.h"
#include "services/common/base/log.h"
#include "services/common/rpc/listen_socket.h"

namespace readcount::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using UnackedTimeout = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>;  // milliseconds
using boost::system::error_code;

// Between tries to accept while descriptors are short: from hardly to be noticed to hardly any work.
constexpr std::chrono::milliseconds kFirstPause(10), kMostPause(500);

// For the handshakes under way when newcomers are no longer let in.
constexpr absl::Duration kHandshake = absl::Milliseconds(100);

// From now on the kernel ignores whoever wants to connect, so that they try again a second later, while
// handshakes that have begun go on: of all segments that a listening socket gets only the first of a
// connection has no ACK.
void RefuseNewcomers(int listener) {
  constexpr uint32_t kFlags = 13, kWhole = 0xFFFFFFFF;  // offset in the TCP header; pass all of the segment
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlags),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TH_ACK, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, kWhole),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  const sock_fprog filter{.len = static_cast<unsigned short>(std::size(program)), .filter = program};
  setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

tcp ProtocolOf(const FileDescriptor& socket) {
  int family = AF_INET;
  socklen_t size = sizeof family;
  getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
  return family == AF_INET6 ? tcp::v6() : tcp::v4();
}

}  // namespace

Listener::Listener(asio::io_context& io, int threads, Address address, const HttpsContext* https,
                   const Router& router, const Conventions& conventions, const RequestLimits& limits,
                   size_t max_connections)
    : io_(io),
      threads_(threads),
      https_(https),
      router_(router),
      conventions_(conventions),
      limits_(limits),
      address_(std::move(address)),
      sessions_(max_connections) {}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Start(
    asio::io_context& io, int threads, const Address& listen, const HttpsContext* https, const Router& router,
    const Conventions& conventions, const RequestLimits& limits, size_t max_connections) {
  absl::StatusOr<ListenSockets> bound = Listen(listen);
  if (!bound.ok()) return bound.status();
  auto listener = std::unique_ptr<Listener>(
      new Listener(io, threads, bound->address, https, router, conventions, limits, max_connections));
  for (FileDescriptor& socket : bound->sockets) {
    tcp::acceptor& acceptor = listener->acceptors_.emplace_back(listener->NewExecutor());
    error_code error;
    acceptor.assign(ProtocolOf(socket), socket.get(), error);
    if (error) return CannotListen(listen, error.value());
    socket.Release();
  }
  for (tcp::acceptor& acceptor : listener->acceptors_) {
    asio::co_spawn(
        acceptor.get_executor(), [self = listener.get(), &acceptor] { return self->Accept(acceptor); },
        asio::detached);
  }
  return listener;
}

// What one connection runs on: one thread alone is in step with itself.
asio::any_io_executor Listener::NewExecutor() const {
  if (threads_ == 1) return io_.get_executor();
  return asio::make_strand(io_);
}

asio::awaitable<void> Listener::Accept(tcp::acceptor& acceptor) {
  auto pause = kFirstPause;
  while (acceptor.is_open()) {
    error_code error;
    tcp::socket socket(NewExecutor());
    co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      if (pause != kFirstPause) Log(LogLevel::kInfo, "accept_resumed");
      pause = kFirstPause;
      Add(std::move(socket));
    } else if (error != asio::error::operation_aborted && error != asio::error::connection_aborted) {
      // Once per outage.
      if (pause == kFirstPause)
        Log(LogLevel::kWarning, "accept_paused", {{"error", std::strerror(error.value())}});
      // The lack shows also when nobody waits; only for a newcomer may another connection end.
      co_await acceptor.async_wait(tcp::acceptor::wait_read,
                                   asio::redirect_error(asio::use_awaitable, error));
      if (error) continue;
      sessions_.EvictIdle();
      asio::steady_timer timer(acceptor.get_executor(), pause);
      pause = std::min(2 * pause, kMostPause);
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void Listener::Add(tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  // What is written goes into the kernel's buffer, whether or not somebody is still there to read it.
  socket.set_option(UnackedTimeout(static_cast<int>(absl::ToInt64Milliseconds(limits_.header_timeout))),
                    ignored);
  auto session = std::make_shared<Session>(std::move(socket), https_ == nullptr ? nullptr : https_->current(),
                                           router_, conventions_, limits_, sessions_);
  switch (sessions_.Add(session)) {
    case SessionTable::Place::kServed:
      session->Start();
      break;
    case SessionTable::Place::kLast:
      session->Start();
      session->Retire();
      break;
    case SessionTable::Place::kRefused:
      session->Refuse(OverloadResponse("too many connections"));
      break;
    case SessionTable::Place::kNone:
      break;
  }
}

// Closing resets the connections that wait to be accepted, so these are taken first.
void Listener::Close(tcp::acceptor& acceptor) {
  error_code error;
  acceptor.non_blocking(true, error);
  while (!error) {
    tcp::socket socket(NewExecutor());
    acceptor.accept(socket, error);
    if (!error) Add(std::move(socket));
  }
  acceptor.close(error);
}

void Listener::Drain(absl::Duration grace) {
  absl::BlockingCounter open(static_cast<int>(acceptors_.size()));
  std::list<asio::steady_timer> timers;
  for (tcp::acceptor& acceptor : acceptors_) {
    RefuseNewcomers(acceptor.native_handle());
    asio::steady_timer& timer = timers.emplace_back(acceptor.get_executor());
    timer.expires_after(absl::ToChronoNanoseconds(std::min(grace, kHandshake)));
    timer.async_wait([this, &acceptor, &open](const error_code& /*never cancelled*/) {
      Close(acceptor);
      open.DecrementCount();
    });
  }
  open.Wait();
  sessions_.Drain(grace);
}

}  // namespace readcount::gateway
