#pragma once

#include <vector>

#include "services/syncer/mysql_session.h"
#include "services/syncer/store.h"
#include "services/syncer/sync_tally.h"

namespace readcount {

// ChunkLane on a MySQL connection that nobody else uses while a chunk is under way.
class MysqlChunkLane final : public ChunkLane {
 public:
  // Both must outlive the lane; `dead_letters` hears of those that were committed.
  MysqlChunkLane(MysqlSession& session, DeadLetterTally& dead_letters)
      : session_(session), dead_letters_(dead_letters) {}

  absl::Status Begin(const Chunk& chunk) override;
  absl::StatusOr<ChunkOutcome> Commit() override;
  void Rollback() override;

 private:
  absl::Status AddWhole();
  absl::Status AddWhatCanBe();
  absl::StatusOr<uint64_t> AddToArticles(absl::Span<const Increment> increments);
  absl::Status FindInapplicable();
  absl::Status Conclude();
  absl::Status MovePosition();
  absl::Status MoveWriters();

  MysqlSession& session_;
  DeadLetterTally& dead_letters_;

  // The transaction under way.
  const Chunk* chunk_ = nullptr;
  ChunkOutcome outcome_;
  std::vector<DeadLetter> letters_;
};

}  // namespace readcount
