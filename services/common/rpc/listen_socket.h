#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "services/common/base/file_descriptor.h"
#include "services/common/config/settings.h"

namespace readcount {

// Sockets that listen on one port of every address that a host name stands for.
struct ListenSockets {
  std::vector<FileDescriptor> sockets;  // non-blocking, closed on exec
  Address address;                      // with the real port
};

// Binds and listens. Host is an IPv4 or IPv6 address or a name; [::] takes IPv4 as well, and so does *.
// Addresses that this machine does not have are passed over as long as one is left. UNAVAILABLE, saying what
// to do, if an address is taken (ports are never shared), none can be bound, or the name is unknown.
absl::StatusOr<ListenSockets> Listen(const Address& address);

// True if other machines could reach what listens on `address`: not all that its host stands for is loopback.
// Of a host that is not known nothing can be said, and Listen refuses it.
bool IsReachable(const Address& address);

// UNAVAILABLE: why nothing can listen on `address`, from errno, and what to do.
absl::Status CannotListen(const Address& address, int error);

}  // namespace readcount
