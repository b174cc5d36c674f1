#include "services/common/rpc/open_sockets.h"

#include <sys/socket.h>

#include <optional>

namespace readcount {
namespace {

// None if the number is no socket's now.
std::optional<uint64_t> CookieOf(int fd) {
  uint64_t cookie = 0;
  socklen_t length = sizeof(cookie);
  if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) != 0) return std::nullopt;
  return cookie;
}

}  // namespace

void OpenSockets::Add(int fd) {
  cookies_[fd] = CookieOf(fd).value_or(0);
}

size_t OpenSockets::Count() {
  absl::erase_if(cookies_, [](const auto& entry) { return CookieOf(entry.first) != entry.second; });
  return cookies_.size();
}

}  // namespace readcount
