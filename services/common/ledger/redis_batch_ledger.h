#pragma once

#include "services/common/ledger/batch_ledger.h"
#include "services/common/ledger/redis_session.h"

namespace readcount {

// BatchLedger in Redis.
class RedisBatchLedger final : public BatchLedger {
 public:
  explicit RedisBatchLedger(RedisSettings settings) : session_(std::move(settings)) {}

  absl::StatusOr<SealReply> Seal() override;
  absl::Status ReadSealed(
      absl::FunctionRef<void(absl::string_view field, absl::string_view value)> visit) override;
  absl::Status Release(uint64_t life, uint64_t epoch) override;
  absl::Status Abandon(const LedgerState& state, uint64_t sealed_name) override;
  absl::StatusOr<LedgerBooks> Books() override;
  absl::StatusOr<Pending> ReadPending() override;

 private:
  RedisSession session_;
};

}  // namespace readcount
