#pragma once

#include "services/common/metrics/metric.h"

namespace readcount {

// Calls and requests that were refused for their credentials, by what was wrong with these. Thread-safe.
struct AuthTally {
  EventCount missing;  // there were none
  EventCount wrong;

  void Collect(MetricSink& sink) const;
};

}  // namespace readcount
