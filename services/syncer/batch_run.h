#pragma once

#include "services/common/base/backoff.h"
#include "services/common/base/sleeper.h"
#include "services/common/base/thread_pool.h"
#include "services/common/ledger/batch_ledger.h"
#include "services/syncer/chunk_pipeline.h"
#include "services/syncer/engine.h"
#include "services/syncer/store.h"

namespace readcount {

// One sealed batch on its way into MySQL: step *apply*. Goes on from wherever the position stands, chunk by
// chunk, until the position is beyond the batch, whoever moved it there.
class BatchRun {
 public:
  // All must outlive the run; `content` must be the whole batch.
  BatchRun(const Engine::Settings& settings, const SealedBatch& batch, const BatchContent& content,
           BatchLedger& ledger, BatchStore& store, ThreadPool& lane_threads, Pace& pace, Sleeper& sleeper,
           const std::atomic<bool>& stopping, RunObserver& observer, RunReport& report)
      : settings_(settings),
        batch_(batch),
        content_(content),
        ledger_(ledger),
        store_(store),
        pace_(pace),
        sleeper_(sleeper),
        stopping_(stopping),
        observer_(observer),
        report_(report),
        pipeline_(store, lane_threads) {}

  // OK when the position is beyond the batch. DATA_LOSS if Redis has lost its past: MySQL is beyond the batch
  // by another one of its epoch, or the life is closed; nothing (more) of the batch may be applied.
  absl::Status Apply();

 private:
  absl::Status ReadStanding();
  absl::Status CheckPast() const;
  absl::Status Step();
  absl::Status SkipToBatch();
  absl::Status BuryStrays();
  absl::Status ApplyNextChunk();
  void StartChunks();
  Chunk NextChunk(const Position& from) const;
  void Applied(const Chunk& chunk, const ChunkOutcome& outcome);
  BatchBooks Books() const;
  absl::Status Settle(const absl::Status& outcome);
  void ReportProgress();

  const Engine::Settings& settings_;
  const SealedBatch& batch_;
  const BatchContent& content_;
  BatchLedger& ledger_;
  BatchStore& store_;
  Pace& pace_;
  Sleeper& sleeper_;
  const std::atomic<bool>& stopping_;
  RunObserver& observer_;
  RunReport& report_;

  Standing standing_;
  bool strays_buried_ = false;
  size_t reported_ = 0;  // increments that the observer knows to be done
  ChunkPipeline pipeline_;
};

}  // namespace readcount
