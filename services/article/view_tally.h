#pragma once

#include "services/common/metrics/metric.h"

namespace readcount {

// What became of the views that callers brought since the start, each in one of the four, and how many
// travelled together. Thread-safe.
struct ViewTally {
  EventCount recorded;  // in Redis
  EventCount held;      // in the spool
  EventCount refused;
  EventCount unknown;  // may have been recorded once
  Histogram batches{BatchBounds()};
};

}  // namespace readcount
