#include "services/common/metrics/metric.h"

namespace readcount {
namespace {

constexpr MetricSpec kMode = {"readcount_mode", MetricKind::kGauge,
                              "1 for the mode that holds: which part is away, and what is done meanwhile."};
constexpr MetricSpec kRedisUp = {"readcount_redis_up", MetricKind::kGauge,
                                 "1 if Redis answered when it was asked last."};
constexpr MetricSpec kMysqlUp = {"readcount_mysql_up", MetricKind::kGauge,
                                 "1 if MySQL answered when it was asked last."};

}  // namespace

void AddOneOf(MetricSink& sink, const MetricSpec& spec, absl::string_view label,
              absl::Span<const absl::string_view> values, size_t current) {
  for (size_t i = 0; i < values.size(); ++i) sink.Add(spec, i == current ? 1 : 0, {{label, values[i]}});
}

void AddMode(MetricSink& sink, absl::Span<const absl::string_view> modes, size_t current) {
  AddOneOf(sink, kMode, "mode", modes, current);
}

void AddServers(MetricSink& sink, bool redis, bool mysql) {
  sink.Add(kRedisUp, redis);
  sink.Add(kMysqlUp, mysql);
}

}  // namespace readcount
