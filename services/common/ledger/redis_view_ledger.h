#pragma once

#include "services/common/ledger/redis_session.h"
#include "services/common/ledger/view_ledger.h"

namespace readcount {

// ViewLedger in Redis: one script call, one round trip, whatever the number of entries. With
// redis.wait_replicas a second one, WAIT: if too few replicas have the views in time, the outcome is UNKNOWN.
class RedisViewLedger final : public ViewLedger {
 public:
  explicit RedisViewLedger(RedisSettings settings) : settings_(settings), session_(std::move(settings)) {}

  absl::StatusOr<ViewReply> Record(const ViewBatch& batch) override;
  absl::Status Abandon(const LedgerState& state) override;

 private:
  absl::Status WaitForReplicas();

  const RedisSettings settings_;
  RedisSession session_;
  redis::Words arguments_;  // of one call; kept for its memory
};

// The script's arguments, added to `words`.
void EncodeViewBatch(const ViewBatch& batch, redis::Words& words);

// Reads the script's reply. INTERNAL if it is short of the batch or not numbers: nobody's view is then taken
// as counted.
absl::StatusOr<ViewReply> ParseViewReply(const redis::Reply& reply, const ViewBatch& batch);

}  // namespace readcount
