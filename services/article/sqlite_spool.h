#pragma once

#include <memory>
#include <string>

#include "services/article/spool.h"

namespace readcount {

// Spool in one SQLite file in WAL mode; a call is one transaction, on disk when it returns.
class SqliteSpool final : public Spool {
 public:
  // FAILED_PRECONDITION, with the file and what to do, if the process may not make the file there, or not
  // write it. Opens nothing: another process may have it.
  static absl::Status Check(const std::string& path);

  // FAILED_PRECONDITION, with the file and what to do, if it cannot be opened, is no spool, or another
  // process has it.
  static absl::StatusOr<std::unique_ptr<SqliteSpool>> Open(const std::string& path, uint64_t max_bytes);
  ~SqliteSpool() override;

  absl::Status Add(uint64_t writer, absl::Span<const SpooledViews> views) override;
  absl::Status SetLife(uint64_t writer, uint64_t life, const WriterStanding& standing) override;
  absl::Status Trim(uint64_t writer, const WriterStanding& standing) override;
  absl::Status Drop(uint64_t writer, uint64_t seq) override;
  absl::StatusOr<std::vector<SpooledWriter>> Load() override;
  uint64_t bytes() const override;

 private:
  struct Database;
  explicit SqliteSpool(std::unique_ptr<Database> database);

  const std::unique_ptr<Database> database_;
};

}  // namespace readcount
