#pragma once

#include "absl/status/statusor.h"
#include "services/common/config/settings.h"
#include "services/common/durability/durability.h"

namespace readcount {

// Asks Redis by INFO and CONFIG GET, over a connection of its own. Where CONFIG is not allowed, the facts say
// so. Errors are those of redis::Connection.
absl::StatusOr<RedisFacts> ReadRedisFacts(const RedisSettings& settings);

}  // namespace readcount
