#pragma once

#include "absl/status/statusor.h"
#include "services/common/ledger/batch_ledger.h"
#include "services/syncer/books.h"

namespace readcount {

// Reads the books of both servers and puts them together. Not thread-safe.
//
// Redis is read between two readings of MySQL that must agree, so that no batch moved meanwhile. Of a sealed
// batch that is half applied, only what lies beyond the position counts as sealed.
class Auditor {
 public:
  static constexpr int kAttempts = 5;

  // Both must outlive the auditor.
  Auditor(BatchLedger& ledger, BookKeeper& keeper) : ledger_(ledger), keeper_(keeper) {}

  // UNAVAILABLE if a server is away; ABORTED if batches move all the time.
  absl::StatusOr<AuditReport> Audit();

 private:
  struct Sealed {
    WideViews all = 0;   // of the whole batch
    WideViews left = 0;  // of what MySQL does not have
  };
  absl::StatusOr<Sealed> SumSealed(const Position& position, const LedgerState& state);

  BatchLedger& ledger_;
  BookKeeper& keeper_;
};

// The books at one moment. `sealed_all` is the whole unfinished sealed batch, `sealed_left` what MySQL lacks
// of it.
AuditReport PutTogether(const BookedViews& booked, const LedgerBooks& ledger, WideViews sealed_all,
                        WideViews sealed_left);

}  // namespace readcount
