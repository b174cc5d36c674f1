#pragma once

#include <memory>
#include <vector>

#include "services/common/config/settings.h"
#include "services/common/mysql/connection.h"
#include "services/syncer/store.h"
#include "services/syncer/sync_tally.h"

namespace readcount {

// BatchStore on one MySQL connection, opened when first needed and again after a loss.
class MysqlBatchStore final : public BatchStore {
 public:
  explicit MysqlBatchStore(MysqlSettings settings) : settings_(std::move(settings)) {}

  absl::StatusOr<Standing> ReadStanding(uint64_t life) override;
  absl::StatusOr<ChunkOutcome> Apply(const Chunk& chunk) override;
  absl::Status Bury(uint64_t life, uint64_t epoch, absl::Span<const DeadLetter> letters) override;
  void TakeLease(absl::Duration wait) override;
  void ReturnLease() override;

  // Those that were committed.
  const DeadLetterTally& dead_letters() const { return dead_letters_; }

 private:
  absl::Status Connect();
  absl::StatusOr<ChunkOutcome> ApplyInTransaction(const Chunk& chunk);
  absl::Status MovePosition(const Chunk& chunk);
  absl::Status MoveWriters(const Chunk& chunk);
  absl::StatusOr<uint64_t> AddToArticles(absl::Span<const Increment> increments);
  absl::StatusOr<std::vector<DeadLetter>> FindInapplicable(const Chunk& chunk);
  absl::StatusOr<ChunkOutcome> ApplyRest(const Chunk& chunk, const std::vector<DeadLetter>& letters);
  absl::Status InsertLetters(uint64_t life, uint64_t epoch, absl::Span<const DeadLetter> letters);
  void CountInserted();
  absl::Status Book(const Chunk& chunk, const ChunkOutcome& outcome, WideViews dead_views);

  const MysqlSettings settings_;
  std::unique_ptr<mysql::Connection> connection_;
  std::vector<absl::string_view> inserted_;  // reasons of the letters of the transaction under way
  DeadLetterTally dead_letters_;
};

}  // namespace readcount
