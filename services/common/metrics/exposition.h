#pragma once

#include <string>

#include "absl/types/span.h"
#include "services/common/metrics/metric.h"

namespace readcount {

// The media type of RenderMetrics.
inline constexpr char kExpositionType[] = "text/plain; version=0.0.4; charset=utf-8";

// What the sources tell now, in Prometheus' text format: each metric once, with its HELP and TYPE, in the
// order in which the sources name them. Sources may share a metric if their labels differ.
std::string RenderMetrics(absl::Span<const MetricSource* const> sources);

}  // namespace readcount
