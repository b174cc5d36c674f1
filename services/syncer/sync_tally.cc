#include "services/syncer/sync_tally.h"

#include <algorithm>

namespace readcount {

void DeadLetterTally::Add(absl::string_view reason) {
  const auto* found = std::find(kReasons.begin(), kReasons.end(), reason);
  if (found != kReasons.end()) letters_[found - kReasons.begin()].Add();
}

void SyncTally::RunEnded(const RunRecord& run) {
  (run.succeeded ? succeeded : failed).Add();
  resumed.Add(run.resumed ? 1 : 0);
  batches.Add(run.batches);
  articles.Add(run.articles);
  (run.views < 0 ? views_taken : views_added).Add(Narrow(run.views < 0 ? -run.views : run.views));
  durations.Observe(absl::ToDoubleSeconds(run.duration));
  if (run.succeeded) last_success_at = absl::ToDoubleSeconds(run.finished_at - absl::UnixEpoch());
}

void SyncTally::Audited(const AuditReport& report) {
  audits.Add();
  difference = static_cast<double>(report.difference());
}

}  // namespace readcount
