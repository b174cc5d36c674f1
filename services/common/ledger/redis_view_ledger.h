#pragma once

#include "services/common/ledger/redis_session.h"
#include "services/common/ledger/view_ledger.h"

namespace readcount {

// ViewLedger in Redis: one script call, one round trip, whatever the number of entries.
class RedisViewLedger final : public ViewLedger {
 public:
  explicit RedisViewLedger(RedisSettings settings) : session_(std::move(settings)) {}

  absl::StatusOr<ViewReply> Record(const ViewBatch& batch) override;

 private:
  RedisSession session_;
};

// Reads the script's reply. INTERNAL if it is short of the batch or not numbers: nobody's view is then taken
// as counted.
absl::StatusOr<ViewReply> ParseViewReply(const redis::Reply& reply, const ViewBatch& batch);

}  // namespace readcount
