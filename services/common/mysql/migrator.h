#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/config/settings.h"
#include "services/common/mysql/connection.h"
#include "services/common/mysql/migration_files.h"

namespace readcount::mysql {

// A migration that a database has, as its table read_count_migrations tells.
struct AppliedMigration {
  std::string name;
  std::string sha256;
  std::string applied_at;    // UTC, 2026-01-02 03:04:05.678901
  std::string applied_by;    // readcount 0.1.0, root@localhost
  bool tables_there = true;  // those that the file creates; not so after a restore of a part, say
};
using AppliedMigrations = std::map<unsigned, AppliedMigration>;  // by number

// Those of `migrations` that the database lacks, or lacks tables of, in order. FAILED_PRECONDITION, saying
// what to do, if a file is no longer what was applied, or the database has a migration that is not among
// them.
absl::StatusOr<std::vector<Migration>> PendingMigrations(const std::vector<Migration>& migrations,
                                                         const AppliedMigrations& applied);

// Brings a database to the schema that a program needs. Each file is applied once and noted. A database that
// was loaded by hand has no notes: all its files are run again, which changes nothing, and noted.
//
// Errors, which name file and line: those of Connection; INVALID_ARGUMENT if the DSN names another database
// than that of sql/;
// FAILED_PRECONDITION as of PendingMigrations; ABORTED while another migrator is at work. After any of them
// it may be run again: the file that it stopped at is then applied from its beginning.
//
// Not thread-safe; any number of migrators may be at work on one server.
class Migrator {
 public:
  struct Settings {
    MysqlSettings mysql;                           // of a user who may create tables
    std::string applied_by;                        // the program and its version, noted with each migration
    absl::Duration lock_wait = absl::Seconds(10);  // for another migrator; whole seconds
  };

  Migrator(Settings settings, std::vector<Migration> migrations);

  // What has been noted; nothing if the table or the database is not there. Changes nothing.
  absl::StatusOr<AppliedMigrations> ReadApplied();

  // Applies what is pending, and calls `before` with each file before it begins.
  absl::Status Apply(absl::FunctionRef<void(const Migration&)> before);

 private:
  absl::StatusOr<std::unique_ptr<Connection>> Open() const;
  absl::Status TakeLock(Connection& connection) const;
  absl::Status ApplyOne(Connection& connection, const Migration& migration) const;

  const Settings settings_;
  const std::vector<Migration> migrations_;
};

// How a database stands to the migrations that a program needs.
struct SchemaState {
  std::vector<std::string> missing;  // Title of each migration that it lacks
  std::string unknown;  // Title of the newest that the program does not know; empty if there is none

  friend bool operator==(const SchemaState&, const SchemaState&) = default;
};

// `tables` are those of the database, `applied` what is noted in it; none if it was loaded by hand and has no
// notes: then its tables alone can tell.
SchemaState CompareSchema(const std::vector<Migration>& migrations,
                          const std::set<std::string, std::less<>>& tables,
                          const std::optional<AppliedMigrations>& applied);

// Reads the state of the connection's database. Errors are those of Connection.
absl::StatusOr<SchemaState> ReadSchemaState(Connection& connection, const std::vector<Migration>& migrations);

}  // namespace readcount::mysql
