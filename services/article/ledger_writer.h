#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "services/article/article.h"
#include "services/article/journal.h"
#include "services/article/life_registry.h"
#include "services/common/ledger/view_ledger.h"

namespace readcount {

// One writer of the sync protocol: records batches, each once, in whatever life Redis is in, and brings again
// what a Redis that lost its past has forgotten. Not thread-safe; one batch at a time.
//
// After every lost connection, and whenever Redis names another life, the writer first *catches up*:
//   1. It asks Redis for its life and for the last seq it has of this writer.
//   2. Another life than before: it closes the old one in MySQL, whose standing is then final, and forgets
//      what that has. A life that is closed, or whose live hash is of an epoch that MySQL has begun, is an
//      old copy: it is abandoned, and Redis begins a fresh one. What left Redis is in MySQL, so an old copy
//      is often known as such while MySQL is away.
//   3. It records again, in order and under their seqs, all batches that Redis does not have.
class LedgerWriter {
 public:
  // Hears that the writer goes on in another life, before it records anything in it; what the journal holds
  // is what MySQL does not have. An error stops the writer from going on.
  using LifeObserver = std::function<absl::Status(uint64_t life, const WriterStanding& ended)>;

  // `ledger`, `registry` and `journal` must outlive the writer. `life` is where the journal's batches were
  // recorded; 0 if nothing was.
  LedgerWriter(uint64_t writer, uint64_t life, ViewLedger& ledger, LifeRegistry& registry, Journal& journal,
               LifeObserver observer)
      : writer_(writer),
        life_(life),
        ledger_(ledger),
        registry_(registry),
        journal_(journal),
        observer_(std::move(observer)) {}

  // One try to record the batch `seq`, which must be the journal's last, or, for 0, to ask only. `entries`
  // are what is asked for, the views among them what the journal holds under `seq`. May be repeated after any
  // error: UNAVAILABLE nothing was sent or Redis refused it; UNKNOWN it may have been recorded.
  absl::StatusOr<ViewReply> Record(uint64_t seq, const std::vector<ViewBatch::Entry>& entries);

  // Brings Redis what it lacks of all batches but `in_hand`. OK at once if the writer is in step. UNAVAILABLE
  // if Redis is away, or if MySQL is and it is needed.
  absl::Status CatchUp(uint64_t in_hand = 0);

  // The connection to Redis may be another one from now on.
  void FallOutOfStep() { in_step_ = false; }

  uint64_t writer() const { return writer_; }
  uint64_t life() const { return life_; }

  // Changes whenever Redis has forgotten something that it had told this writer of, and when a connection was
  // lost during which it may have: when Redis stands elsewhere than before.
  History history() const { return {.life = life_, .breaks = breaks_}; }

  uint64_t replayed_views() const { return replayed_views_; }  // recorded again so far
  uint64_t life_changes() const { return life_changes_; }
  uint64_t losses() const { return losses_; }  // times that Redis was found to have forgotten something

 private:
  absl::StatusOr<bool> TryToCatchUp(uint64_t in_hand);
  bool IsOldCopy(const LedgerState& state, const absl::StatusOr<WriterStanding>& standing) const;
  bool Observe(const ViewReply& reply, const ViewBatch& batch);
  absl::Status GoOnIn(uint64_t life);
  bool NeedsStanding(const ViewReply& asked, uint64_t in_hand) const;
  void ForgetRefused(const ViewBatch& batch, const ViewReply& reply);
  absl::StatusOr<bool> Replay(const ViewReply& asked, uint64_t in_hand);
  std::vector<ViewBatch::Entry> Remaining(uint64_t seq, std::vector<ViewBatch::Entry> entries) const;

  const uint64_t writer_;
  uint64_t life_;
  ViewLedger& ledger_;
  LifeRegistry& registry_;
  Journal& journal_;
  const LifeObserver observer_;

  // What Redis has told in this life.
  LedgerState last_state_;
  uint64_t last_seq_ = 0;  // of this writer, that it has recorded
  uint64_t floor_ = 0;     // batches up to this one have left it: for MySQL, unless somebody deleted them

  bool in_step_ = false;
  uint64_t breaks_ = 0;
  uint64_t losses_ = 0;
  uint64_t replayed_views_ = 0;
  uint64_t life_changes_ = 0;
};

}  // namespace readcount
