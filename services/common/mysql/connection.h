#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/common/config/settings.h"
#include "services/common/metrics/call_meter.h"

namespace readcount::mysql {

// A statement's argument.
using Argument = std::variant<std::nullptr_t, int64_t, uint64_t, std::string>;

// A column of a row as text, or none for NULL.
using Field = std::optional<std::string>;

struct Result {
  std::vector<std::vector<Field>> rows;
  uint64_t affected_rows = 0;   // rows changed, not rows matched
  uint64_t last_insert_id = 0;  // 0 if the statement made none
};

// Numbers of a row; 0 for NULL.
uint64_t ToUint64(const Field& field);
int64_t ToInt64(const Field& field);

// All sessions, prepared statements and COMMITs of this process.
CallMeter& Meter();

// One session with the server, in UTC, utf8mb4, strict mode and READ COMMITTED. Not thread-safe.
//
// Errors: UNAVAILABLE the server is away, read-only, or full: nothing was changed by a statement outside a
// transaction that was not sent. ABORTED a deadlock or lock wait: roll back and try again. UNKNOWN
// the connection was lost while a write outside a transaction, or COMMIT, was under way.
// FAILED_PRECONDITION a table or column of sql/ is missing. INTERNAL
// anything else, with the server's number and text.
class Connection {
 public:
  // UNAVAILABLE when the server cannot be reached, PERMISSION_DENIED when it refuses the login.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const MysqlSettings& settings);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs `sql` as a prepared statement, which is kept for the next use of the same text.
  absl::StatusOr<Result> Execute(absl::string_view sql, absl::Span<const Argument> arguments);
  absl::StatusOr<Result> Execute(absl::string_view sql, std::initializer_list<Argument> arguments = {}) {
    return Execute(sql, absl::MakeConstSpan(arguments.begin(), arguments.size()));
  }

  // Runs a statement without arguments that servers do not prepare, such as SAVEPOINT. Rows are dropped.
  absl::Status Command(absl::string_view sql);

  // Transactions. Begin answers INTERNAL while one is under way. Commit answers UNKNOWN when the reply was
  // lost: it may have happened or not.
  absl::Status Begin();
  absl::Status Commit();
  absl::Status Rollback();

  // False after an error that ended the session: open another one.
  bool usable() const;

 private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  static absl::StatusOr<std::unique_ptr<Connection>> Connect(const MysqlSettings& settings);
  absl::StatusOr<Result> Run(absl::string_view sql, absl::Span<const Argument> arguments);
  absl::Status SendCommit();
  const std::unique_ptr<Impl> impl_;
};

}  // namespace readcount::mysql
