#include "tests/support/raw_connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_replace.h"

namespace readcount::testing {

RawConnection::RawConnection(const std::string& address) {
  const size_t colon = address.rfind(':');
  const std::string host = absl::StrReplaceAll(address.substr(0, colon), {{"[", ""}, {"]", ""}});
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* peer = nullptr;
  if (getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &peer) != 0)
    throw std::invalid_argument(address + " is no IP address with a port");
  fd_ = socket(peer->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  connected_ = connect(fd_, peer->ai_addr, peer->ai_addrlen) == 0;
  freeaddrinfo(peer);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

RawConnection::~RawConnection() {
  if (fd_ >= 0) close(fd_);
}

RawConnection::RawConnection(RawConnection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      connected_(other.connected_),
      closed_(other.closed_),
      reset_(other.reset_) {}

bool RawConnection::AwaitEvent(short event, absl::Time deadline) const {
  pollfd events{.fd = fd_, .events = event, .revents = 0};
  const absl::Duration left = std::max(deadline - absl::Now(), absl::ZeroDuration());
  return poll(&events, 1, static_cast<int>(absl::ToInt64Milliseconds(left))) == 1;
}

bool RawConnection::AwaitAnswer(absl::Duration patience) const {
  return AwaitEvent(POLLIN, absl::Now() + patience);
}

bool RawConnection::Send(absl::string_view bytes) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EAGAIN) {
      reset_ = true;
      return false;
    } else if (!AwaitEvent(POLLOUT, deadline)) {
      return false;
    }
  }
  return true;
}

bool RawConnection::Receive(std::string& text, absl::Time deadline) {
  if (!AwaitEvent(POLLIN, deadline)) return false;
  char buffer[16384];
  const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
  closed_ = closed_ || got == 0;
  reset_ = reset_ || got < 0;
  if (got <= 0) return false;
  text.append(buffer, static_cast<size_t>(got));
  return true;
}

bool RawConnection::AwaitEnd() {
  for (std::string text; Receive(text); text.clear()) {
  }
  return lost();
}

}  // namespace readcount::testing
