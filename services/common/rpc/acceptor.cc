#include "services/common/rpc/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

// Connections taken from one socket before the others get their turn and a full server counts again.
constexpr int kMostInARound = 256;

constexpr int kForever = -1;

// The first, second, fourth, eighth time: a flood of connections must not become a flood of lines.
void LogSparsely(absl::string_view event, uint64_t times, absl::string_view why) {
  if (std::has_single_bit(times)) Log(LogLevel::kWarning, event, {{"times", times}, {"why", why}});
}

bool ConcernsOneConnection(int error) {
  return error == ECONNABORTED || error == EINTR || error == EPROTO;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Start(Settings settings, ListenSockets sockets,
                                                          Receive receive) {
  FileDescriptor stop(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (stop.get() < 0) return CannotListen(sockets.address, errno);
  return std::unique_ptr<Acceptor>(
      new Acceptor(std::move(settings), std::move(stop), std::move(sockets), std::move(receive)));
}

Acceptor::Acceptor(Settings settings, FileDescriptor stop, ListenSockets sockets, Receive receive)
    : settings_(std::move(settings)),
      receive_(std::move(receive)),
      stop_(std::move(stop)),
      sockets_(std::move(sockets)),
      backoff_(settings_.backoff),
      thread_([this] { Run(); }) {}

Acceptor::~Acceptor() {
  Stop();
}

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  eventfd_write(stop_.get(), 1);
  thread_.join();
  sockets_.sockets.clear();
}

void Acceptor::Run() {
  absl::Duration pause;
  while (AwaitConnection(pause)) pause = AcceptRound();
}

// False when told to stop.
bool Acceptor::AwaitConnection(absl::Duration pause) const {
  std::vector<pollfd> events = {{.fd = stop_.get(), .events = POLLIN, .revents = 0}};
  if (pause > absl::ZeroDuration()) {
    poll(events.data(), events.size(), static_cast<int>(absl::ToInt64Milliseconds(pause)));
    if (events[0].revents != 0) return false;
  }
  for (const FileDescriptor& socket : sockets_.sockets) {
    events.push_back({.fd = socket.get(), .events = POLLIN, .revents = 0});
  }
  poll(events.data(), events.size(), kForever);
  return events[0].revents == 0;
}

// Takes what waits; returns how long to pause before the next round.
absl::Duration Acceptor::AcceptRound() {
  full_ = false;
  for (const FileDescriptor& socket : sockets_.sockets) {
    for (int i = 0; i < kMostInARound; ++i) {
      FileDescriptor connection(accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (connection.get() >= 0) {
        backoff_.Reset();
        TakeOrRefuse(socket.get(), std::move(connection));
        continue;
      }
      const int error = errno;
      if (error == EAGAIN) break;
      if (ConcernsOneConnection(error)) continue;
      // No descriptors or no memory, as a rule: what waits is taken when there are some.
      LogSparsely("cannot_accept", ++failed_, std::strerror(error));
      return backoff_.Next();
    }
  }
  return full_ ? settings_.recount : absl::ZeroDuration();
}

void Acceptor::TakeOrRefuse(int listener, FileDescriptor connection) {
  if (!full_ && open_.AtMost() >= settings_.max_connections) {
    full_ = open_.Count() >= settings_.max_connections;
  }
  if (full_)
    return LogSparsely("connections_refused", ++refused_, absl::StrCat(settings_.limit, " are open"));
  const int on = 1;
  setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  open_.Add(connection.get());
  receive_(listener, connection.Release());
}

}  // namespace readcount
