#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/inlined_vector.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/article/article.h"
#include "services/article/coalesced_views.h"
#include "services/article/journal.h"
#include "services/article/ledger_writer.h"
#include "services/article/life_registry.h"
#include "services/article/predecessors.h"
#include "services/article/spool.h"
#include "services/article/view_tally.h"
#include "services/common/base/backoff.h"
#include "services/common/base/clock.h"
#include "services/common/base/sleeper.h"
#include "services/common/base/thread_pool.h"
#include "services/common/batch/batcher.h"
#include "services/common/ledger/view_ledger.h"

namespace readcount {

// The pending views of one article as one caller must count them.
struct RecordedView {
  PendingCount pending;      // after the whole batch
  uint64_t later_views = 0;  // of these, views of the same batch that came after this one
};

struct RecordedViews {
  bool held = false;  // Redis is away: the views are in the spool, and there are no counts
  History history;    // not if held
  LedgerState state;  // not if held
  absl::InlinedVector<RecordedView, 1> views;  // in the order of the ids; empty if held
};

// How the recorder does.
struct RecorderStatus {
  absl::Status redis;            // why Redis is away; OK if it is not
  bool holds = false;            // views are taken while Redis is away
  absl::Status spool;            // why the spool took no views when it was last given some; OK if it did
  uint64_t held_views = 0;       // in the spool, to be recorded when Redis is back
  uint64_t journal_entries = 0;  // articles with views that could be recorded again
  uint64_t replayed_views = 0;   // recorded again, or for the first time after being held, since the start
  uint64_t life_changes = 0;     // since the start
  uint64_t losses = 0;           // since the start, that Redis was found to have forgotten something
  uint64_t forgotten_views = 0;  // since the start, that the journal had no room for
};

// Brings views to the ledger, one batch at a time, and asks for pending counts with the same call. What
// arrives while a batch is under way becomes the next; equal ids are one increment.
//
// With a spool, views go there while Redis is away, and are acknowledged; when it is back, they are recorded
// before anything else, also after the process was killed meanwhile. Without one, a batch is tried again
// until `retry_for` is over; then its callers are refused, as are all others until an attempt succeeds.
// Attempts wait for a growing, jittered delay. Thread-safe.
class ViewRecorder {
 public:
  struct Settings {
    uint64_t writer = 0;               // random, of this process
    size_t max_batch = 1024;           // ids in one batch
    size_t max_queued = 65536;         // ids that may wait
    absl::Duration retry_for;          // how long a batch is tried again without a spool
    size_t journal_entries = 4 << 20;  // articles with views that are remembered until MySQL has them
    bool keep_journal = false;         // every batch goes to the spool too, until MySQL has it
    Backoff::Settings backoff{.most = absl::Seconds(1)};
  };

  // All must outlive the recorder. `spool` may be none. `left` is what earlier processes left in it.
  ViewRecorder(Settings settings, ViewLedger& ledger, LifeRegistry& registry, Spool* spool,
               const std::vector<SpooledWriter>& left, const Clock& clock, Sleeper& sleeper);

  // Finishes what is queued.
  ~ViewRecorder();

  // Errors: UNAVAILABLE or RESOURCE_EXHAUSTED nothing was recorded; UNKNOWN the views may have been recorded
  // once or not at all.
  using Callback = absl::AnyInvocable<void(const absl::StatusOr<RecordedViews>&)>;

  using Ids = absl::InlinedVector<uint64_t, 1>;

  // Who waits for Redis: a thread of the recorder, or, if nobody else asks, the one that calls.
  enum class Waits { kElsewhere, kHere };

  // Records one view of each id, repeats being separate views, or only asks. `callback` runs on a thread of
  // the recorder; with kHere it may run on this one before Submit returns, which then lasts as long as Redis
  // takes, or is tried again. RESOURCE_EXHAUSTED if too much is queued: `callback` is then not called.
  absl::Status Submit(Ids ids, bool record, Callback callback, Waits waits = Waits::kElsewhere);

  // The history last seen; of life 0 before Redis was first reached.
  History history() const {
    absl::MutexLock lock(&status_mutex_);
    return history_;
  }

  // Soon, before a batch, the recorder finds out anew whether Redis has lost its past; once a second at most.
  void DoubtLedger() { doubted_.store(true, std::memory_order_relaxed); }

  RecorderStatus status() const;

  const ViewTally& tally() const { return tally_; }

 private:
  struct Ask {
    Ids ids;
    bool record = false;
    Callback callback;
    Waits waits = Waits::kElsewhere;
    absl::Duration asked;
  };
  static constexpr absl::Duration kBetweenDoubts = absl::Seconds(1);
  struct Recorded {
    bool held = false;
    History history;
    ViewReply reply;
  };

  struct EndedBatch {
    size_t ids = 0;
    bool answered = false;  // by Redis
    absl::Duration took;    // until it was
    absl::Duration ended;   // when its callers had been answered, of few ids
  };

  void Send(std::vector<Ask> asks, Batcher<Ask>::Done done);
  bool IsAlone(const std::vector<Ask>& asks) const;
  void Process(std::vector<Ask> asks, const Batcher<Ask>::Done& done);
  static void Answer(std::vector<Ask>& asks, const CoalescedViews& coalesced,
                     const absl::StatusOr<Recorded>& recorded);
  absl::StatusOr<Recorded> Record(bool adds, const std::vector<ViewBatch::Entry>& entries);
  bool TryToComeBack();
  void FallOutOfStep();
  void LookIntoDoubts();
  History CurrentHistory() const;
  absl::StatusOr<Recorded> Attempts(uint64_t seq, const std::vector<ViewBatch::Entry>& entries);
  absl::StatusOr<ViewReply> TryOnce(uint64_t seq, const std::vector<ViewBatch::Entry>& entries);
  absl::StatusOr<Recorded> Hold(const std::vector<ViewBatch::Entry>& entries);
  absl::Status AddToSpool(const std::vector<ViewBatch::Entry>& entries, const std::vector<uint64_t>& seqs);
  absl::StatusOr<Recorded> GiveUp(uint64_t seq, const std::vector<ViewBatch::Entry>& entries, bool unknown,
                                  const absl::Status& why);
  void Recovered(const ViewReply& reply);
  void NoteOutcome(const absl::Status& status);
  void NoteJournal();
  void CountViews(const std::vector<ViewBatch::Entry>& entries, const absl::StatusOr<Recorded>& recorded);
  std::vector<uint64_t> WritersWithBatches() const;
  void ReadStanding(uint64_t life, uint64_t writer);
  void TakeStandings();

  const Settings settings_;
  LifeRegistry& registry_;
  Spool* const spool_;
  const Clock& clock_;
  Sleeper& sleeper_;

  std::atomic<bool> doubted_ = false;
  ViewTally tally_;

  mutable absl::Mutex status_mutex_;
  RecorderStatus status_ ABSL_GUARDED_BY(status_mutex_);
  History history_ ABSL_GUARDED_BY(status_mutex_);

  // Touched by one batch at a time; the batcher hands them from one to the next.
  Journal journal_;
  LedgerWriter writer_;
  Predecessors predecessors_;
  absl::Duration next_doubt_;
  uint64_t seq_ = 0;
  uint64_t spooled_views_ = 0;    // of this process, not known to be in Redis
  uint64_t trimmed_epoch_ = 0;    // batches before it were in MySQL when standings were last asked for
  uint64_t forgotten_views_ = 0;  // that the log has told of
  absl::Status spool_outcome_;    // of the last views given to it
  Backoff backoff_;
  std::optional<absl::Status> away_;  // why Redis is away, until `next_attempt_`
  absl::Duration next_attempt_;
  EndedBatch last_batch_;

  // What MySQL was found to have, to be taken by the next batch.
  struct FoundStanding {
    uint64_t life = 0;
    uint64_t writer = 0;
    WriterStanding standing;
  };
  absl::Mutex standings_mutex_;
  std::vector<FoundStanding> standings_ ABSL_GUARDED_BY(standings_mutex_);

  ThreadPool standing_thread_;
  std::array<ThreadPool, 2> threads_;  // of one thread each
  size_t turn_ = 0;                    // which takes the next batch
  Batcher<Ask> batcher_;               // last: drained first
};

}  // namespace readcount
