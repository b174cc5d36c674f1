#include "services/common/rpc/listen_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/ip_address.h"
#include "services/common/rpc/descriptors.h"

namespace readcount {
namespace {

// A port that the kernel chose for a name's first address may be taken on its second: then choose again.
constexpr int kPortChoices = 16;

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::Status CannotListen(const Address& address, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address.ToString(), ": ", why));
}

absl::StatusOr<AddressList> Resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return CannotListen(address, absl::StrCat("the host is not known (", gai_strerror(error),
                                              "): name an address of this machine"));
  }
  return AddressList(found, freeaddrinfo);
}

void SetOption(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof(value));
}

// Zero, or the errno of what failed. `v6_only`: leaves IPv4 to another socket.
int Bind(const addrinfo& info, uint16_t port, bool v6_only, FileDescriptor& result) {
  FileDescriptor fd(
      socket(info.ai_family, info.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, info.ai_protocol));
  if (fd.get() < 0) return errno;
  SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  sockaddr_storage bound{};
  std::memcpy(&bound, info.ai_addr, info.ai_addrlen);
  if (info.ai_family == AF_INET6) {
    SetOption(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, v6_only ? 1 : 0);
    reinterpret_cast<sockaddr_in6&>(bound).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(bound).sin_port = htons(port);
  }
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&bound), info.ai_addrlen) != 0) return errno;
  if (listen(fd.get(), SOMAXCONN) != 0) return errno;
  result = std::move(fd);
  return 0;
}

uint16_t PortOf(const FileDescriptor& fd) {
  sockaddr_storage bound{};
  socklen_t length = sizeof(bound);
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &length);
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

bool IsNotOurs(int error) {
  return error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

// Zero, or the errno of the address that spoiled it.
int BindAll(const addrinfo* list, uint16_t port, ListenSockets& result) {
  result.sockets.clear();
  int passed_over = 0;
  // Of *, which stands for 0.0.0.0 and [::], the latter would take the former's port.
  const bool several = list->ai_next != nullptr;
  for (const addrinfo* info = list; info != nullptr; info = info->ai_next) {
    FileDescriptor fd;
    const int error = Bind(*info, result.sockets.empty() ? port : result.address.port, several, fd);
    if (IsNotOurs(error)) {
      passed_over = error;
    } else if (error != 0) {
      return error;
    } else {
      result.address.port = PortOf(fd);
      result.sockets.push_back(std::move(fd));
    }
  }
  return result.sockets.empty() ? passed_over : 0;
}

}  // namespace

absl::StatusOr<ListenSockets> Listen(const Address& address) {
  const absl::StatusOr<AddressList> list = Resolve(address);
  if (!list.ok()) return list.status();
  ListenSockets result;
  result.address = address;
  int error = BindAll(list->get(), address.port, result);
  for (int i = 1; i < kPortChoices && error == EADDRINUSE && address.port == 0; ++i) {
    error = BindAll(list->get(), address.port, result);
  }
  if (error != 0) return CannotListen(address, error);
  return result;
}

bool IsReachable(const Address& address) {
  const absl::StatusOr<AddressList> list = Resolve(address);
  if (!list.ok()) return false;
  for (const addrinfo* info = list->get(); info != nullptr; info = info->ai_next) {
    const std::optional<IpAddress> found = IpAddress::Of(*info->ai_addr);
    if (!found.has_value() || !found->is_loopback()) return true;
  }
  return false;
}

absl::Status CannotListen(const Address& address, int error) {
  if (error == EADDRINUSE) {
    return CannotListen(address, "the address is in use: end the other program or choose another port");
  }
  if (IsNotOurs(error)) return CannotListen(address, "the address is not this machine's");
  if (error == EMFILE || error == ENFILE) return CannotListen(address, kRaiseDescriptorLimit);
  return CannotListen(address, std::strerror(error));
}

}  // namespace readcount
