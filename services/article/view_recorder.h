#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
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
  uint32_t later_views = 0;  // of these, views of the same batch that came after this one
};

struct RecordedViews {
  LedgerState state;
  std::vector<RecordedView> views;  // in the order of the ids
};

// The writer of the sync protocol: brings views to the ledger, one batch at a time, and asks for pending
// counts with the same call. What arrives while a batch is under way becomes the next; equal ids are one
// increment.
//
// A batch whose reply was lost is sent again with its first seq and life until `retry_for` is over, so it is
// recorded once. Across a change of life it is not sent again if its outcome is unknown. While Redis is away
// callers fail at once, and attempts wait for a growing, jittered delay. Thread-safe.
class ViewRecorder {
 public:
  struct Settings {
    uint64_t writer = 0;        // random, of this process
    size_t max_batch = 1024;    // ids in one batch
    size_t max_queued = 65536;  // ids that may wait
    absl::Duration retry_for;   // how long a batch is tried again
    Backoff::Settings backoff;
  };

  // All must outlive the recorder.
  ViewRecorder(Settings settings, ViewLedger& ledger, const Clock& clock, Sleeper& sleeper);

  // Finishes what is queued.
  ~ViewRecorder();

  // Errors: UNAVAILABLE nothing was recorded; UNKNOWN the views may have been recorded once or not at all.
  using Callback = std::function<void(const absl::StatusOr<RecordedViews>&)>;

  // Records one view of each id, repeats being separate views, or only asks. `callback` runs on a thread of
  // the recorder. RESOURCE_EXHAUSTED if too much is queued: `callback` is then not called.
  absl::Status Submit(std::vector<uint64_t> ids, bool record, Callback callback);

  // The life last seen; 0 before Redis was first reached.
  uint64_t life() const { return life_.load(std::memory_order_relaxed); }

  // False while the last call to Redis failed.
  bool healthy() const { return healthy_.load(std::memory_order_relaxed); }

 private:
  struct Ask {
    std::vector<uint64_t> ids;
    bool record = false;
    Callback callback;
  };

  void Process(const std::vector<Ask>& asks, const Batcher<Ask>::Done& done);
  absl::StatusOr<ViewReply> Record(ViewBatch& batch);
  absl::StatusOr<ViewReply> Attempts(ViewBatch& batch, absl::Status& last_call);
  void NoteOutcome(const absl::Status& status);

  const Settings settings_;
  ViewLedger& ledger_;
  const Clock& clock_;
  Sleeper& sleeper_;

  std::atomic<uint64_t> life_ = 0;
  std::atomic<bool> healthy_ = false;

  // Touched by one batch at a time; the batcher hands them from one to the next.
  uint64_t seq_ = 0;
  Backoff backoff_;
  std::optional<absl::Status> away_;  // why Redis is away, until `next_attempt_`
  absl::Duration next_attempt_;

  ThreadPool threads_;
  Batcher<Ask> batcher_;  // last: drained first
};

}  // namespace readcount
