#pragma once

#include "absl/time/time.h"
#include "cli/doctor/diagnosis.h"
#include "services/common/base/clock.h"
#include "services/common/config/settings.h"

namespace readcount::cli {

// What is wrong with Redis: `redis` (reachable), `redis.version`, `redis.settings` (what a crash or full
// memory may lose), `redis.replicas`, `redis.permissions`, `redis.password`, `redis.clock`. Changes nothing
// in it.
void CheckRedis(const Settings& settings, const Clock& clock, Diagnoses& found);

}  // namespace readcount::cli
