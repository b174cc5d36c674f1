#pragma once

#include <memory>
#include <vector>

#include "services/common/config/settings.h"
#include "services/syncer/mysql_chunk_lane.h"
#include "services/syncer/mysql_session.h"
#include "services/syncer/store.h"
#include "services/syncer/sync_tally.h"

namespace readcount {

// BatchStore in MySQL, with a connection for each lane. The first lane's serves all else between chunks, and
// holds the lease.
class MysqlBatchStore final : public BatchStore {
 public:
  // REQUIRES: lanes is at least 1.
  MysqlBatchStore(MysqlSettings settings, size_t lanes);

  absl::StatusOr<Standing> ReadStanding(uint64_t life) override;
  size_t lanes() const override { return lanes_.size(); }
  ChunkLane& lane(size_t index) override { return lanes_[index]->chunks; }
  absl::Status Bury(uint64_t life, uint64_t epoch, absl::Span<const DeadLetter> letters) override;
  void TakeLease(absl::Duration wait) override;
  void ReturnLease() override;

  // Those that were committed.
  const DeadLetterTally& dead_letters() const { return dead_letters_; }

 private:
  struct Lane {
    Lane(const MysqlSettings& settings, DeadLetterTally& dead_letters)
        : session(settings), chunks(session, dead_letters) {}
    MysqlSession session;
    MysqlChunkLane chunks;
  };

  MysqlSession& session() { return lanes_.front()->session; }

  const MysqlSettings settings_;
  DeadLetterTally dead_letters_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace readcount
