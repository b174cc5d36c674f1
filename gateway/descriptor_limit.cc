#include "gateway/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

#include "services/common/base/log.h"

namespace readcount::gateway {
namespace {

// Refused connections, gRPC's channels, the log and what the libraries open.
constexpr rlim_t kBesideConnections = 256;

}  // namespace

void AllowDescriptors(size_t connections) {
  const rlim_t needed = connections + kBesideConnections;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return;
  limit.rlim_cur = std::min(needed, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= needed) return;
  Log(LogLevel::kWarning, "descriptors_few",
      {{"allowed", limit.rlim_cur},
       {"gateway.max_connections", connections},
       {"do", "raise the limit of open files or lower gateway.max_connections"}});
}

}  // namespace readcount::gateway
