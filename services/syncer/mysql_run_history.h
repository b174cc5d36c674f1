#pragma once

#include "services/common/mysql/pool.h"
#include "services/syncer/run_history.h"

namespace readcount {

// RunHistory in read_count_sync_runs.
class MysqlRunHistory final : public RunHistory {
 public:
  // `pool` must outlive the history, which keeps the newest `keep` runs.
  MysqlRunHistory(mysql::Pool& pool, size_t keep) : pool_(pool), keep_(keep) {}

  absl::StatusOr<uint64_t> Append(const RunRecord& run) override;
  absl::StatusOr<std::vector<RunRecord>> List(std::optional<uint64_t> before, int limit) override;

 private:
  absl::StatusOr<mysql::Result> Execute(absl::string_view sql, absl::Span<const mysql::Argument> arguments);

  mysql::Pool& pool_;
  const uint64_t keep_;
};

}  // namespace readcount
