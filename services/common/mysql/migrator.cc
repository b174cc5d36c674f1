#include "services/common/mysql/migrator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace readcount::mysql {
namespace {

// Of one statement: there is nothing that could be done sooner.
constexpr absl::Duration kStatementTimeout = absl::Hours(1);

// The files of sql/ name it themselves.
constexpr absl::string_view kDatabase = "article_sys";
constexpr absl::string_view kNotes = "read_count_migrations";

constexpr absl::string_view kTakeLock = "SELECT GET_LOCK('article_sys.read_count_migrations', ?)";
constexpr absl::string_view kLockOwner = "SELECT IS_USED_LOCK('article_sys.read_count_migrations')";
constexpr absl::string_view kDatabaseExists =
    "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'article_sys'";
constexpr absl::string_view kUseDatabase = "USE article_sys";
constexpr absl::string_view kTables =
    "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()";
constexpr absl::string_view kReadNotes =
    "SELECT number, name, sha256, applied_at, applied_by FROM read_count_migrations";
constexpr absl::string_view kNote =
    "INSERT INTO read_count_migrations (number, name, sha256, applied_at, applied_by) VALUES (?, ?, ?, "
    "UTC_TIMESTAMP(6), LEFT(CONCAT(?, ', ', CURRENT_USER()), 200)) "
    "ON DUPLICATE KEY UPDATE applied_at = VALUES(applied_at), applied_by = VALUES(applied_by)";
constexpr absl::string_view kCreateNotes =
    "CREATE TABLE IF NOT EXISTS read_count_migrations ("
    "number int unsigned NOT NULL COMMENT 'of the file in sql/', "
    "name varchar(64) NOT NULL COMMENT 'of the file, without number', "
    "sha256 char(64) NOT NULL COMMENT 'of the file, hexadecimal', "
    "applied_at datetime(6) NOT NULL COMMENT 'UTC', "
    "applied_by varchar(200) NOT NULL COMMENT 'version of readcount, user of MySQL', "
    "PRIMARY KEY (number)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci "
    "COMMENT='which files of sql/ this database has'";

using Tables = std::set<std::string, std::less<>>;

absl::StatusOr<Tables> ReadTables(Connection& connection) {
  const absl::StatusOr<Result> result = connection.Execute(kTables);
  if (!result.ok()) return result.status();
  Tables tables;
  for (const std::vector<Field>& row : result->rows) tables.insert(row[0].value_or(""));
  return tables;
}

// None if there is no table of notes.
absl::StatusOr<std::optional<AppliedMigrations>> ReadNotes(Connection& connection, const Tables& tables) {
  if (!tables.contains(kNotes)) return std::nullopt;
  const absl::StatusOr<Result> result = connection.Execute(kReadNotes);
  if (!result.ok()) return result.status();
  AppliedMigrations applied;
  for (const std::vector<Field>& row : result->rows) {
    applied[static_cast<unsigned>(ToUint64(row[0]))] = {.name = row[1].value_or(""),
                                                        .sha256 = row[2].value_or(""),
                                                        .applied_at = row[3].value_or(""),
                                                        .applied_by = row[4].value_or("")};
  }
  return applied;
}

bool HasTablesOf(const Migration& migration, const Tables& tables) {
  return std::all_of(migration.tables.begin(), migration.tables.end(),
                     [&tables](const std::string& table) { return tables.contains(table); });
}

// Enters the database, if there is one, and reads its notes.
absl::StatusOr<AppliedMigrations> EnterDatabase(Connection& connection,
                                                const std::vector<Migration>& migrations) {
  const absl::StatusOr<Result> exists = connection.Execute(kDatabaseExists);
  if (!exists.ok()) return exists.status();
  if (ToUint64(exists->rows[0][0]) == 0) return AppliedMigrations();
  if (absl::Status status = connection.Command(kUseDatabase); !status.ok()) return status;
  const absl::StatusOr<Tables> tables = ReadTables(connection);
  if (!tables.ok()) return tables.status();
  absl::StatusOr<std::optional<AppliedMigrations>> notes = ReadNotes(connection, *tables);
  if (!notes.ok()) return notes.status();
  AppliedMigrations applied = (*std::move(notes)).value_or(AppliedMigrations());
  for (const Migration& migration : migrations) {
    if (const auto found = applied.find(migration.number); found != applied.end())
      found->second.tables_there = HasTablesOf(migration, *tables);
  }
  return applied;
}

absl::Status At(const absl::Status& status, const Migration& migration, int line) {
  return {
      status.code(),
      absl::StrCat(migration.file, ":", line, ": ", status.message(),
                   ": the statements before it are done; mend the cause and run the migration again, which "
                   "begins with this file")};
}

}  // namespace

absl::StatusOr<std::vector<Migration>> PendingMigrations(const std::vector<Migration>& migrations,
                                                         const AppliedMigrations& applied) {
  if (!applied.empty() && applied.rbegin()->first > migrations.size()) {
    const auto& [number, newest] = *applied.rbegin();
    return absl::FailedPreconditionError(
        absl::StrCat("the database has migration ", Title(number, newest.name), ", applied by ",
                     newest.applied_by, ", and this program knows those up to ", migrations.size(),
                     ": use the version that applied it, or a later one"));
  }
  std::vector<Migration> pending;
  for (const Migration& migration : migrations) {
    const auto found = applied.find(migration.number);
    const bool known = found != applied.end();
    if (known && found->second.sha256 != migration.sha256) {
      return absl::FailedPreconditionError(
          absl::StrCat(migration.file, ": is not what was applied at ", found->second.applied_at, " UTC by ",
                       found->second.applied_by, " (SHA-256 ", found->second.sha256,
                       "): put the file back as it was, and let a new file bring what is to change"));
    }
    if (!known || !found->second.tables_there) pending.push_back(migration);
  }
  return pending;
}

Migrator::Migrator(Settings settings, std::vector<Migration> migrations)
    : settings_(std::move(settings)), migrations_(std::move(migrations)) {}

// Into no database, for the first file makes it.
absl::StatusOr<std::unique_ptr<Connection>> Migrator::Open() const {
  if (settings_.mysql.dsn.database != kDatabase) {
    return absl::InvalidArgumentError(absl::StrCat(
        "mysql.dsn names the database ", settings_.mysql.dsn.database, ", and that of sql/ is ", kDatabase));
  }
  MysqlSettings mysql = settings_.mysql;
  mysql.dsn.database.clear();
  mysql.query_timeout = kStatementTimeout;
  return Connection::Open(mysql);
}

absl::StatusOr<AppliedMigrations> Migrator::ReadApplied() {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Open();
  if (!connection.ok()) return connection.status();
  return EnterDatabase(**connection, migrations_);
}

// The server takes it back when the session ends, and not before a statement of the session has ended.
absl::Status Migrator::TakeLock(Connection& connection) const {
  const absl::StatusOr<Result> taken = connection.Execute(
      kTakeLock, {absl::ToInt64Seconds(absl::Ceil(settings_.lock_wait, absl::Seconds(1)))});
  if (!taken.ok()) return taken.status();
  if (!taken->rows.empty() && ToInt64(taken->rows[0][0]) == 1) return absl::OkStatus();
  const absl::StatusOr<Result> owner = connection.Execute(kLockOwner);
  const bool known = owner.ok() && !owner->rows.empty() && owner->rows[0][0].has_value();
  return absl::AbortedError(
      absl::StrCat("another migration is at work",
                   known ? absl::StrCat(" (connection ", *owner->rows[0][0], " of MySQL)") : "",
                   ": wait for its end, then see whether anything is left to do"));
}

absl::Status Migrator::Apply(absl::FunctionRef<void(const Migration&)> before) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Open();
  if (!connection.ok()) return connection.status();
  if (absl::Status status = TakeLock(**connection); !status.ok()) return status;
  const absl::StatusOr<AppliedMigrations> applied = EnterDatabase(**connection, migrations_);
  if (!applied.ok()) return applied.status();
  const absl::StatusOr<std::vector<Migration>> pending = PendingMigrations(migrations_, *applied);
  if (!pending.ok()) return pending.status();
  for (const Migration& migration : *pending) {
    before(migration);
    if (absl::Status status = ApplyOne(**connection, migration); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Migrator::ApplyOne(Connection& connection, const Migration& migration) const {
  for (const MigrationStatement& statement : migration.statements) {
    const absl::Status status = connection.Command(statement.sql);
    if (!status.ok()) return At(status, migration, statement.line);
  }
  const int end = migration.statements.back().line;
  // Only now is it sure that the database is there.
  if (absl::Status status = connection.Command(kCreateNotes); !status.ok()) return At(status, migration, end);
  const absl::Status noted = connection
                                 .Execute(kNote, {uint64_t{migration.number}, migration.name,
                                                  migration.sha256, settings_.applied_by})
                                 .status();
  return noted.ok() ? noted : At(noted, migration, end);
}

SchemaState CompareSchema(const std::vector<Migration>& migrations, const Tables& tables,
                          const std::optional<AppliedMigrations>& applied) {
  SchemaState state;
  for (const Migration& migration : migrations) {
    if (!HasTablesOf(migration, tables) || (applied.has_value() && !applied->contains(migration.number)))
      state.missing.push_back(Title(migration.number, migration.name));
  }
  if (applied.has_value() && !applied->empty() && applied->rbegin()->first > migrations.size())
    state.unknown = Title(applied->rbegin()->first, applied->rbegin()->second.name);
  return state;
}

absl::StatusOr<SchemaState> ReadSchemaState(Connection& connection,
                                            const std::vector<Migration>& migrations) {
  const absl::StatusOr<Tables> tables = ReadTables(connection);
  if (!tables.ok()) return tables.status();
  const absl::StatusOr<std::optional<AppliedMigrations>> applied = ReadNotes(connection, *tables);
  if (!applied.ok()) return applied.status();
  return CompareSchema(migrations, *tables, *applied);
}

}  // namespace readcount::mysql
