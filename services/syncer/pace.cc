#include "services/syncer/pace.h"

#include <algorithm>

namespace readcount {
namespace {

constexpr absl::Duration kBetweenLooks = absl::Milliseconds(100);

// A piece that took longer was waiting for somebody else.
constexpr absl::Duration kLongestRest = absl::Milliseconds(50);

constexpr size_t kBusyPageFields = BatchLedger::kPageFields / 4;

}  // namespace

void Pace::Look(BatchLedger& ledger) {
  const absl::Duration now = clock_.Elapsed();
  if (now - looked_at_ < kBetweenLooks) return;
  looked_at_ = now;
  if (const absl::StatusOr<BatchLedger::Pending> pending = ledger.ReadPending(); pending.ok()) {
    traffic_.Seen(*pending);
  }
}

size_t Pace::chunk_articles() const {
  return traffic_.Busy() ? std::min(settings_.busy_chunk_articles, settings_.chunk_articles)
                         : settings_.chunk_articles;
}

size_t Pace::lanes(size_t most) const {
  return traffic_.Busy() ? 1 : most;
}

size_t Pace::page_fields() const {
  return traffic_.Busy() ? kBusyPageFields : BatchLedger::kPageFields;
}

void Pace::Rest() {
  if (traffic_.Busy()) sleeper_.SleepFor(std::min(clock_.Elapsed() - began_at_, kLongestRest));
}

}  // namespace readcount
