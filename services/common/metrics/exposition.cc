#include "services/common/metrics/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sstream>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace readcount {
namespace {

prometheus::MetricType ToType(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return prometheus::MetricType::Counter;
    case MetricKind::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricKind::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

class Families final : public MetricSink {
 public:
  const std::vector<prometheus::MetricFamily>& families() const { return families_; }

 private:
  void AddValue(const MetricSpec& spec, double value, Labels labels) override {
    prometheus::ClientMetric& metric = Next(spec, labels);
    metric.counter.value = metric.gauge.value = value;
  }

  void AddHistogram(const MetricSpec& spec, const Histogram& histogram, Labels labels) override {
    const Histogram::Snapshot snapshot = histogram.Read();
    prometheus::ClientMetric::Histogram& to = Next(spec, labels).histogram;
    to.sample_count = snapshot.count;
    to.sample_sum = snapshot.sum;
    for (size_t i = 0; i < snapshot.cumulative.size(); ++i) {
      to.bucket.push_back({.cumulative_count = snapshot.cumulative[i], .upper_bound = histogram.bounds()[i]});
    }
  }

  prometheus::ClientMetric& Next(const MetricSpec& spec, Labels labels) {
    const auto [place, added] = places_.try_emplace(spec.name, families_.size());
    if (added) {
      families_.push_back({.name = std::string(spec.name),
                           .help = std::string(spec.help),
                           .type = ToType(spec.kind),
                           .metric = {}});
    }
    prometheus::ClientMetric& metric = families_[place->second].metric.emplace_back();
    for (const MetricLabel& label : labels) {
      metric.label.push_back({.name = std::string(label.name), .value = std::string(label.value)});
    }
    return metric;
  }

  std::vector<prometheus::MetricFamily> families_;
  absl::flat_hash_map<absl::string_view, size_t> places_;
};

}  // namespace

std::string RenderMetrics(absl::Span<const MetricSource* const> sources) {
  Families families;
  for (const MetricSource* source : sources) source->Collect(families);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families.families());
  return std::move(text).str();
}

}  // namespace readcount
