#include "services/syncer/auditor.h"

#include <algorithm>
#include <utility>

#include "services/syncer/batch.h"

namespace readcount {
namespace {

// What tells whether batches moved. Dead letters that are retried or dropped meanwhile move none: each
// reading of the books balances with them.
BookedViews WithoutLetters(BookedViews books) {
  books.applied += std::exchange(books.dead_lettered, 0);
  books.dead_letters = 0;
  return books;
}

}  // namespace

AuditReport PutTogether(const BookedViews& booked, const LedgerBooks& ledger, WideViews sealed_all,
                        WideViews sealed_left) {
  AuditReport report{.added_by_others = booked.added_by_others,
                     .taken_by_others = booked.taken_by_others,
                     .applied = booked.applied,
                     .sealed = sealed_left,
                     .live = ledger.live,
                     .dead_lettered = booked.dead_lettered,
                     .dead_letters = booked.dead_letters};
  report.recorded = booked.recorded - booked.recorded_here + ledger.recorded;
  // What others added to batches that are not finished. A shortfall is left in the difference: until the
  // batch is finished nobody can tell whether it was taken or lost.
  const bool sealed_open =
      ledger.state.sealed_epoch != 0 && booked.position.epoch <= ledger.state.sealed_epoch;
  const WideViews open_recorded = ledger.live_recorded + (sealed_open ? ledger.sealed_recorded : 0);
  report.added_by_others += std::max<WideViews>(sealed_all + ledger.live - open_recorded, 0);
  return report;
}

absl::StatusOr<AuditReport> Auditor::Audit() {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const absl::StatusOr<BatchLedger::Pending> pending = ledger_.ReadPending();
    if (!pending.ok()) return pending.status();
    const uint64_t life = pending->state.life;
    const absl::StatusOr<BookedViews> before = keeper_.Read(life);
    if (!before.ok()) return before.status();
    const absl::StatusOr<LedgerBooks> ledger = ledger_.Books();
    if (!ledger.ok()) return ledger.status();
    const absl::StatusOr<Sealed> sealed = SumSealed(before->position, ledger->state);
    if (!sealed.ok()) return sealed.status();
    const absl::StatusOr<BookedViews> after = keeper_.Read(life);
    if (!after.ok()) return after.status();
    if (WithoutLetters(*before) == WithoutLetters(*after) && ledger->state.life == life)
      return PutTogether(*before, *ledger, sealed->all, sealed->left);
  }
  return absl::AbortedError(
      "views moved during every attempt to read the books: stop the other syncer or try again");
}

absl::StatusOr<Auditor::Sealed> Auditor::SumSealed(const Position& position, const LedgerState& state) {
  Sealed sums;
  if (state.sealed_epoch == 0 || position.epoch > state.sealed_epoch) return sums;
  BatchBuilder builder(0);
  absl::Status status = ledger_.ReadSealed(
      [] { return BatchLedger::kPageFields; },
      [&builder](absl::string_view field, absl::string_view value) { builder.Add(field, value); });
  if (!status.ok()) return status;
  const BatchContent content = std::move(builder).Build();
  sums.all = content.views;
  for (const Increment& increment : content.increments) {
    if (position.applied_epoch(increment.id) < state.sealed_epoch) sums.left += increment.views;
  }
  return sums;
}

}  // namespace readcount
