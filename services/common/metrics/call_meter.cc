#include "services/common/metrics/call_meter.h"

#include <algorithm>

namespace readcount {
namespace {

struct Kind {
  absl::StatusCode code;
  absl::string_view name;
};

// The last one stands for all that are not named.
constexpr std::array<Kind, CallMeter::kKinds> kKindTable = {{
    {absl::StatusCode::kUnavailable, "unavailable"},
    {absl::StatusCode::kUnknown, "unknown"},
    {absl::StatusCode::kAborted, "aborted"},
    {absl::StatusCode::kPermissionDenied, "permission_denied"},
    {absl::StatusCode::kNotFound, "not_found"},
    {absl::StatusCode::kFailedPrecondition, "failed_precondition"},
    {absl::StatusCode::kResourceExhausted, "resource_exhausted"},
    {absl::StatusCode::kInternal, "internal"},
    {absl::StatusCode::kOk, "other"},
}};

}  // namespace

void CallMeter::Called(const absl::Status& outcome, absl::Duration took) {
  duration_.Observe(absl::ToDoubleSeconds(took));
  if (outcome.ok()) return;
  const auto found = std::find_if(kKindTable.begin(), kKindTable.end() - 1,
                                  [&](const Kind& kind) { return kind.code == outcome.code(); });
  errors_[found - kKindTable.begin()].Add();
}

void CallMeter::Collect(MetricSink& sink) const {
  sink.Add(specs_.connects, connected_.value(), {{"outcome", "ok"}});
  sink.Add(specs_.connects, refused_.value(), {{"outcome", "failed"}});
  for (size_t i = 0; i < kKinds; ++i) {
    sink.Add(specs_.errors, errors_[i].value(), {{"kind", kKindTable[i].name}});
  }
  sink.Add(specs_.duration, duration_);
}

}  // namespace readcount
