#include "tests/support/notify_socket.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace readcount::testing {
namespace {

constexpr timeval kPatience = {.tv_sec = 30, .tv_usec = 0};
constexpr size_t kMostBytes = 4096;

}  // namespace

NotifySocket::NotifySocket() : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
  path().copy(address.sun_path, sizeof(address.sun_path) - 1);
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    throw std::runtime_error("cannot listen at " + path());
}

NotifySocket::~NotifySocket() {
  close(socket_);
}

std::string NotifySocket::Next() {
  std::array<char, kMostBytes> message;
  const ssize_t bytes = recv(socket_, message.data(), message.size(), 0);
  if (bytes < 0) throw std::runtime_error("nothing was said to " + path());
  return {message.data(), static_cast<size_t>(bytes)};
}

}  // namespace readcount::testing
