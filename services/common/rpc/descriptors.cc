#include "services/common/rpc/descriptors.h"

#include <fcntl.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/rpc/listen_socket.h"

namespace readcount {
namespace {

// Polling, listening, the log, the servers' first connections; with room.
constexpr int kToStart = 64;

}  // namespace

absl::Status RequireDescriptors() {
  std::vector<FileDescriptor> held;
  for (int i = 0; i < kToStart; ++i) {
    held.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (held.back().get() < 0)
      return absl::UnavailableError(absl::StrCat("cannot start: ", kRaiseDescriptorLimit));
  }
  return absl::OkStatus();
}

}  // namespace readcount
