#include "services/common/durability/durability_metrics.h"

#include <algorithm>
#include <utility>

namespace readcount {
namespace {

constexpr MetricSpec kFindings = {
    "readcount_durability_findings", MetricKind::kGauge,
    "Settings of Redis and MySQL that weaken what the services promise; the log and the status name them."};

constexpr std::pair<FindingSeverity, absl::string_view> kSeverities[] = {
    {FindingSeverity::kNotice, "notice"},
    {FindingSeverity::kWarning, "warning"},
    {FindingSeverity::kError, "error"},
};

}  // namespace

void CollectDurability(const Durability& durability, MetricSink& sink) {
  for (const auto& [severity, name] : kSeverities) {
    const auto findings =
        std::count_if(durability.findings.begin(), durability.findings.end(),
                      [wanted = severity](const Finding& finding) { return finding.severity == wanted; });
    sink.Add(kFindings, findings, {{"severity", name}});
  }
}

}  // namespace readcount
