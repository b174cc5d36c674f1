#include "services/syncer/pace.h"

#include <algorithm>

namespace readcount {
namespace {

constexpr absl::Duration kBetweenLooks = absl::Milliseconds(100);
constexpr absl::Duration kAfterNoAnswer = absl::Seconds(10);

// A piece that took longer was waiting for somebody else.
constexpr absl::Duration kLongestRest = absl::Milliseconds(50);

constexpr size_t kBusyPageFields = BatchLedger::kPageFields / 4;

}  // namespace

void Pace::Look(BatchLedger& ledger) {
  if (clock_.Elapsed() < next_look_) return;
  const absl::StatusOr<BatchLedger::Pending> pending = ledger.ReadPending();
  if (pending.ok()) traffic_.Seen(*pending);
  next_look_ = clock_.Elapsed() + (pending.ok() ? kBetweenLooks : kAfterNoAnswer);
}

bool Pace::GivesWay() const {
  return traffic_.Busy() && clock_.Elapsed() - run_began_at_ < settings_.busy_at_most;
}

size_t Pace::chunk_articles() const {
  return GivesWay() ? std::min(settings_.busy_chunk_articles, settings_.chunk_articles)
                    : settings_.chunk_articles;
}

size_t Pace::lanes(size_t most) const {
  return GivesWay() ? 1 : most;
}

size_t Pace::page_fields() const {
  return GivesWay() ? kBusyPageFields : BatchLedger::kPageFields;
}

void Pace::Rest() {
  if (GivesWay()) sleeper_.SleepFor(std::min(clock_.Elapsed() - began_at_, kLongestRest));
}

}  // namespace readcount
