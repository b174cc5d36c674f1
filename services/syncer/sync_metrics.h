#pragma once

#include <atomic>
#include <cstdint>

#include "services/common/auth/auth_tally.h"
#include "services/common/metrics/metric.h"
#include "services/syncer/status_board.h"
#include "services/syncer/sync_tally.h"

namespace readcount {

// SyncService as Prometheus sees it: its mode, what it is at, what runs have moved, the books.
class SyncMetrics final : public MetricSource {
 public:
  // All must outlive the source. `letters` have come, `left` have gone.
  SyncMetrics(const StatusBoard& board, const DeadLetterTally& letters, const LetterTally& left,
              const AuthTally& auth)
      : board_(board), letters_(letters), left_(left), auth_(auth) {}

  // Which servers answer.
  void ServersSeen(bool redis, bool mysql) {
    redis_ = redis;
    mysql_ = mysql;
  }

  // How many dead letters there are.
  void LettersSeen(uint64_t letters) { letters_present_ = letters; }

  void Collect(MetricSink& sink) const override;

 private:
  void CollectStatus(MetricSink& sink) const;
  void CollectRuns(MetricSink& sink) const;
  void CollectLetters(MetricSink& sink) const;

  const StatusBoard& board_;
  const DeadLetterTally& letters_;
  const LetterTally& left_;
  const AuthTally& auth_;
  std::atomic<bool> redis_ = false;
  std::atomic<bool> mysql_ = false;
  std::atomic<uint64_t> letters_present_ = 0;
};

}  // namespace readcount
