#pragma once

#include <atomic>

#include "services/common/metrics/metric.h"
#include "services/syncer/status_board.h"
#include "services/syncer/sync_tally.h"

namespace readcount {

// SyncService as Prometheus sees it: its mode, what it is at, what runs have moved, the books.
class SyncMetrics final : public MetricSource {
 public:
  // All must outlive the source.
  SyncMetrics(const StatusBoard& board, const DeadLetterTally& letters) : board_(board), letters_(letters) {}

  // Which servers answer.
  void ServersSeen(bool redis, bool mysql) {
    redis_ = redis;
    mysql_ = mysql;
  }

  void Collect(MetricSink& sink) const override;

 private:
  void CollectStatus(MetricSink& sink) const;
  void CollectRuns(MetricSink& sink) const;

  const StatusBoard& board_;
  const DeadLetterTally& letters_;
  std::atomic<bool> redis_ = false;
  std::atomic<bool> mysql_ = false;
};

}  // namespace readcount
