#pragma once

#include "services/common/metrics/metric.h"

namespace readcount {

// This process under the names that Prometheus' client libraries share (process_…), read from /proc, and
// `readcount_build_info`.
class ProcessMetrics final : public MetricSource {
 public:
  void Collect(MetricSink& sink) const override;
};

}  // namespace readcount
