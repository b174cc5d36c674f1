#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/durability/durability.h"
#include "services/common/ledger/batch_ledger.h"
#include "services/syncer/engine.h"
#include "services/syncer/run_history.h"
#include "services/syncer/sync_tally.h"

namespace readcount {

enum class SyncPhase { kIdle, kRecovering, kSealing, kApplying, kReleasing, kBackingOff };

// The syncer at one moment, as SyncStatus of the API describes it.
struct SyncSnapshot {
  SyncPhase phase = SyncPhase::kIdle;
  uint64_t articles_done = 0;
  uint64_t articles_total = 0;
  WideViews views_done = 0;
  WideViews views_total = 0;
  absl::Duration lag;
  uint64_t pending_articles = 0;
  int64_t views_recorded = 0;  // in the life of `ledger`
  std::optional<RunRecord> last_run;
  std::optional<absl::Time> next_run_at;
  std::string last_error;
  uint32_t consecutive_failures = 0;
  LedgerState ledger;
  Durability durability;
};

// Where the parts of the syncer write what they do, and watchers read it. Thread-safe.
class StatusBoard final : public RunObserver {
 public:
  explicit StatusBoard(const Clock& clock);

  SyncSnapshot Read() const;

  // Calls `watcher` with the present status at once and again after every change, on the thread that made the
  // change, until Unwatch returns. It must not block nor call the board.
  using Watcher = std::function<void(const SyncSnapshot&)>;
  uint64_t Watch(Watcher watcher);
  void Unwatch(uint64_t handle);

  // A run's course.
  void RunStarted();
  void OnStep(RunStep step, const LedgerState& state) override;
  void OnBatch(uint64_t articles, WideViews views) override;
  void OnProgress(uint64_t articles, WideViews views) override;
  void RunEnded(const RunRecord& run);

  // What Redis holds that is not in MySQL.
  void PendingSeen(const BatchLedger::Pending& pending);

  // What the servers' settings promise.
  void DurabilitySeen(Durability durability);

  // When the timer runs next; none when it is off.
  void NextRunAt(std::optional<absl::Time> time);

  // The books have been put together.
  void Audited(const AuditReport& report) { tally_.Audited(report); }

  const SyncTally& tally() const { return tally_; }

 private:
  SyncSnapshot SnapshotLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PublishLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  SyncTally tally_;

  mutable absl::Mutex mutex_;
  SyncSnapshot now_ ABSL_GUARDED_BY(mutex_);             // all but the lag
  absl::Duration caught_up_at_ ABSL_GUARDED_BY(mutex_);  // everything counted before is in MySQL
  absl::Duration run_started_at_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, Watcher> watchers_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_handle_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace readcount
