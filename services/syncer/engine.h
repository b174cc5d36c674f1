#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "services/common/base/backoff.h"
#include "services/common/base/sleeper.h"
#include "services/common/base/thread_pool.h"
#include "services/common/ledger/batch_ledger.h"
#include "services/syncer/pace.h"
#include "services/syncer/store.h"

namespace readcount {

// The steps of a run as an onlooker sees them.
enum class RunStep { kSeal, kRecover, kApply, kRelease };  // recover: apply the rest of a batch that was left

// Hears how a run goes. Called on the run's thread.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void OnStep(RunStep step, const LedgerState& state) = 0;

  // A batch's size, once it has been read.
  virtual void OnBatch(uint64_t articles, WideViews views) = 0;

  // Added to what is done of the batch: applied, dead-lettered, or found to be in MySQL already.
  virtual void OnProgress(uint64_t articles, WideViews views) = 0;
};

// What a run moved, also when it ended with an error; at least this, for a chunk whose COMMIT got no answer
// is in the books alone.
struct RunReport {
  absl::Status status;
  uint64_t articles = 0;
  WideViews views = 0;
  uint64_t dead_letters = 0;
  uint32_t batches = 0;
  uint32_t abandoned = 0;  // lives that ended because Redis held an old copy of them
  bool resumed = false;    // finished a batch that an earlier run had left
};

// Moves views from Redis to MySQL, each exactly once: seal, apply, release. Stateless: what a crash leaves is
// found again in the sealed batch and the position, so a run begins by finishing that. Any number of engines
// may work at once; all but one find the position moved and go on from there. Not thread-safe
// but for Stop.
class Engine {
 public:
  struct Settings {
    absl::Duration lease;       // wait for another engine before working beside it
    int attempts = 8;           // of one transaction that met a deadlock or lost its COMMIT
    Backoff::Settings backoff;  // between them
  };

  // All must outlive the engine.
  Engine(Settings settings, BatchLedger& ledger, BatchStore& store, Pace& pace, Sleeper& sleeper)
      : settings_(settings),
        ledger_(ledger),
        store_(store),
        pace_(pace),
        sleeper_(sleeper),
        lane_threads_(static_cast<int>(store.lanes())) {}

  // Returns when everything that the live hash held at the call is in MySQL or among the dead letters, or
  // with the error that stopped it; then the rest waits in Redis for the next run.
  RunReport Run(RunObserver& observer);

  // The run under way, and each later one, ends after the transaction it is at; others that have begun are
  // rolled back. From any thread.
  void Stop() { stopping_ = true; }

 private:
  absl::Status MoveBatches(RunObserver& observer, RunReport& report);
  absl::Status Abandon(const LedgerState& state, const SealedBatch& batch, const absl::Status& why,
                       RunReport& report);
  absl::StatusOr<BatchContent> ReadBatch(const SealedBatch& batch);

  const Settings settings_;
  BatchLedger& ledger_;
  BatchStore& store_;
  Pace& pace_;
  Sleeper& sleeper_;
  std::atomic<bool> stopping_ = false;
  ThreadPool lane_threads_;
};

}  // namespace readcount
