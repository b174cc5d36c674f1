#pragma once

#include <string>
#include <vector>

#include "services/common/ledger/batch_ledger.h"
#include "services/common/ledger/redis_session.h"

namespace readcount {

// BatchLedger in Redis. A step whose reply was lost is made once more, for each may be repeated: so a
// connection that broke while it was idle fails no run.
class RedisBatchLedger final : public BatchLedger {
 public:
  explicit RedisBatchLedger(RedisSettings settings) : session_(std::move(settings)) {}

  absl::StatusOr<SealReply> Seal() override;
  absl::Status ReadSealed(absl::FunctionRef<size_t()> page_fields, Visit visit) override;
  absl::Status Release(uint64_t life, uint64_t epoch, uint64_t name) override;
  absl::Status Abandon(const LedgerState& state, uint64_t sealed_name) override;
  absl::StatusOr<LedgerBooks> Books() override;
  absl::StatusOr<Pending> ReadPending() override;

 private:
  absl::StatusOr<redis::Reply> Run(absl::string_view script, const redis::Words& arguments);

  RedisSession session_;
};

// Read the scripts' replies. INTERNAL if they are not what the script returns.
absl::StatusOr<SealReply> ParseSealReply(const redis::Reply& reply);
absl::StatusOr<LedgerBooks> ParseBooksReply(const redis::Reply& reply);

}  // namespace readcount
