#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/ledger/state.h"

namespace readcount {

// What one call adds and asks.
struct ViewBatch {
  struct Entry {
    uint64_t id = 0;
    uint64_t views = 0;  // to add; 0 only asks
  };

  uint64_t life = 0;    // the life the writer knows; 0 asks which it is and adds nothing
  uint64_t writer = 0;  // random, one per writer and process
  uint64_t seq = 0;     // counts the writer's batches that add something, from 1; 0 for one that adds nothing
  uint64_t after = 0;   // of this writer's seqs, one that the ledger must have already; else nothing is added
  std::vector<Entry> entries;  // each id once
};

inline uint64_t SumViews(const std::vector<ViewBatch::Entry>& entries) {
  uint64_t views = 0;
  for (const ViewBatch::Entry& entry : entries) views += entry.views;
  return views;
}

// The pending views of one article, at one moment shared by the whole reply.
struct PendingCount {
  int64_t live = 0;
  int64_t sealed = 0;
  bool refused = false;  // nothing was added: the live value would have passed 2^63 - 1
};

struct ViewReply {
  LedgerState state;
  uint64_t previous_seq = 0;         // the writer's last seq in this life before this call; 0: none
  std::vector<PendingCount> counts;  // in the order of the entries; empty if `state.life` is another life

  // True if the ledger lacks what the batch comes after, for it was put back: nothing was added.
  bool lacks_past(const ViewBatch& batch) const { return previous_seq < batch.after; }

  // True if the life named by the batch was over: nothing was added.
  bool other_life(const ViewBatch& batch) const { return state.life != batch.life; }
};

// The writers' side of the ledger: step *record* of the sync protocol. Not thread-safe.
class ViewLedger {
 public:
  virtual ~ViewLedger() = default;

  // Adds the views, unless this writer's last seq is `seq` or more (a retry whose first try arrived) or less
  // than `after`, and
  // returns each article's pending views, all in one atomic step. The retry is told too whose views did not
  // fit.
  //
  // A field of the live hash that is not a number is moved to a field of its own, `<id>!<hash>`, which the
  // next sync puts among the dead letters; the article counts from zero.
  //
  // Errors: UNAVAILABLE nothing was added (Redis was not reached, or answered that it cannot write now);
  // UNKNOWN the call was sent and no answer came, so it may have been carried out or may yet be; INTERNAL an
  // answer came that is none, which tells as little. Only the same batch, with the same life and seq, may be
  // sent again after these two. PERMISSION_DENIED the login failed, and FAILED_PRECONDITION the ledger's keys
  // are damaged or hold something else: nothing was added.
  //
  // tests/model/ledger.pml: `record`.
  virtual absl::StatusOr<ViewReply> Record(const ViewBatch& batch) = 0;

  // Ends a life that Redis holds an old copy of: if the ledger still stands at `state`, both hashes are set
  // aside under other names and a fresh life begins. Does nothing otherwise, so it may be repeated after any
  // error.
  //
  // tests/model/ledger.pml: `abandon`, of the writer.
  virtual absl::Status Abandon(const LedgerState& state) = 0;
};

}  // namespace readcount
