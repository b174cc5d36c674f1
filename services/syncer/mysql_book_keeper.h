#pragma once

#include "services/common/mysql/pool.h"
#include "services/syncer/books.h"

namespace readcount {

// BookKeeper over read_count_positions and read_count_dead_letters.
class MysqlBookKeeper final : public BookKeeper {
 public:
  // `pool` must outlive the keeper.
  explicit MysqlBookKeeper(mysql::Pool& pool) : pool_(pool) {}

  absl::StatusOr<BookedViews> Read(uint64_t life) override;

 private:
  mysql::Pool& pool_;
};

}  // namespace readcount
