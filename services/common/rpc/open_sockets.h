#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"

namespace readcount {

// Counts sockets that somebody else closes without telling. A descriptor's number is used again after its
// socket is closed, but the kernel never gives two sockets the same cookie (SO_COOKIE, socket(7)): a number
// whose cookie is still the one it had stands for the same open socket, whatever else happens meanwhile.
// Costs no descriptor and depends on nothing that the owner does. Not thread-safe.
class OpenSockets {
 public:
  // Starts to count `fd`, which is open.
  void Add(int fd);

  // How many of those added are open at most: a number that came again tells that its socket was closed.
  size_t AtMost() const { return cookies_.size(); }

  // How many are open: asks the kernel about each.
  size_t Count();

 private:
  absl::flat_hash_map<int, uint64_t> cookies_;
};

}  // namespace readcount
