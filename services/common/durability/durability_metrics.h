#pragma once

#include "services/common/durability/durability.h"
#include "services/common/metrics/metric.h"

namespace readcount {

// `readcount_durability_findings`: how many there are of each severity.
void CollectDurability(const Durability& durability, MetricSink& sink);

}  // namespace readcount
