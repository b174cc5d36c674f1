#include "services/article/sqlite_spool.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace readcount {
namespace {

constexpr int kPageBytes = 4096;
// SQLite refuses fewer pages than the tables themselves need.
constexpr uint64_t kMinPages = 16;

// `journal_mode` and `locking_mode` come first: the file is this process's alone, and a commit is one append.
constexpr char kPrepare[] =
    "PRAGMA page_size = 4096; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous "
    "= FULL; "
    "PRAGMA wal_autocheckpoint = 1000; "
    "CREATE TABLE IF NOT EXISTS writers (writer INTEGER PRIMARY KEY, life INTEGER NOT NULL); "
    "CREATE TABLE IF NOT EXISTS views (writer INTEGER NOT NULL, seq INTEGER NOT NULL, id INTEGER NOT NULL, "
    "views INTEGER NOT NULL, PRIMARY KEY (writer, seq, id)) WITHOUT ROWID;";
constexpr char kAdd[] =
    "INSERT INTO views (writer, seq, id, views) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (writer, seq, id) DO UPDATE SET views = views + excluded.views";
constexpr char kEnter[] = "INSERT OR IGNORE INTO writers (writer, life) VALUES (?, 0)";
constexpr char kSetLife[] =
    "INSERT INTO writers (writer, life) VALUES (?, ?) ON CONFLICT (writer) DO UPDATE SET life = "
    "excluded.life";
constexpr char kDrop[] = "DELETE FROM views WHERE writer = ? AND seq <= ?";
// Ids are kept as signed numbers, of which the upper half are negative.
constexpr char kDropPart[] =
    "DELETE FROM views WHERE writer = ? AND seq <= ? AND ((id >= 0 AND (? < 0 OR id <= ?)) OR (id < 0 AND ? "
    "< 0 AND id "
    "<= ?))";
constexpr char kForgetWriter[] =
    "DELETE FROM writers WHERE writer = ? AND NOT EXISTS (SELECT 1 FROM views WHERE views.writer = "
    "writers.writer)";
constexpr char kPages[] = "PRAGMA page_count";
constexpr char kFreePages[] = "PRAGMA freelist_count";
constexpr char kLoadWriters[] = "SELECT writer, life FROM writers";
constexpr char kLoadViews[] = "SELECT seq, id, views FROM views WHERE writer = ? ORDER BY seq";

int64_t Signed(uint64_t number) {
  return static_cast<int64_t>(number);
}

}  // namespace

struct SqliteSpool::Database {
  ~Database() {
    for (const auto& [text, statement] : statements) sqlite3_finalize(statement);
    sqlite3_close(handle);
  }

  absl::Status Error() const {
    const std::string why = absl::StrCat("the spool ", path, ": ", sqlite3_errmsg(handle));
    if (sqlite3_errcode(handle) == SQLITE_FULL) {
      return absl::ResourceExhaustedError(
          absl::StrCat(why, ": at article.spool_max_bytes, or no room on the disk"));
    }
    return absl::UnavailableError(why);
  }

  absl::Status Script(const char* sql) {
    return sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK ? absl::OkStatus() : Error();
  }

  // Runs a statement; `visit` sees each row.
  absl::Status Run(const char* sql, std::initializer_list<int64_t> arguments,
                   const std::function<void(sqlite3_stmt*)>& visit = nullptr) {
    sqlite3_stmt*& statement = statements[sql];
    if (statement == nullptr && sqlite3_prepare_v2(handle, sql, -1, &statement, nullptr) != SQLITE_OK)
      return Error();
    int index = 0;
    for (const int64_t argument : arguments) sqlite3_bind_int64(statement, ++index, argument);
    int result = SQLITE_ROW;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
      if (visit) visit(statement);
    }
    const absl::Status status = result == SQLITE_DONE ? absl::OkStatus() : Error();
    sqlite3_reset(statement);
    return status;
  }

  // All of `steps` or nothing.
  absl::Status Transaction(const std::function<absl::Status()>& steps) {
    if (absl::Status status = Script("BEGIN IMMEDIATE"); !status.ok()) return status;
    absl::Status status = steps();
    if (status.ok()) status = Script("COMMIT");
    if (!status.ok() && sqlite3_get_autocommit(handle) == 0) Script("ROLLBACK").IgnoreError();
    MeasureUse();
    return status;
  }

  // Pages that hold something; those on the free list are used before the file grows.
  void MeasureUse() {
    uint64_t pages = 0, free = 0;
    const auto to = [](uint64_t& number) {
      return [&number](sqlite3_stmt* row) { number = static_cast<uint64_t>(sqlite3_column_int64(row, 0)); };
    };
    const bool told = Run(kPages, {}, to(pages)).ok() && Run(kFreePages, {}, to(free)).ok();
    if (told) bytes = (pages - free) * kPageBytes;
  }

  absl::Status Trim(uint64_t writer, const WriterStanding& standing) {
    absl::Status status = Run(kDrop, {Signed(writer), Signed(standing.seq)});
    const int64_t through = Signed(standing.position.through_id);
    if (!status.ok() || through == 0) return status;
    return Run(kDropPart, {Signed(writer), Signed(standing.batch_seq), through, through, through, through});
  }

  std::string path;
  sqlite3* handle = nullptr;
  std::map<const char*, sqlite3_stmt*> statements;
  std::atomic<uint64_t> bytes = 0;
};

SqliteSpool::SqliteSpool(std::unique_ptr<Database> database) : database_(std::move(database)) {}
SqliteSpool::~SqliteSpool() = default;

absl::Status SqliteSpool::Check(const std::string& path) {
  const auto refuse = [&path](absl::string_view why) {
    return absl::FailedPreconditionError(absl::StrCat("the spool ", path, ": ", why));
  };
  std::error_code error;
  const std::filesystem::file_status file = std::filesystem::status(path, error);
  if (std::filesystem::exists(file)) {
    if (!std::filesystem::is_regular_file(file)) return refuse("is no file: name a file on a local disk");
    if (access(path.c_str(), R_OK | W_OK) == 0) return absl::OkStatus();
    return refuse(absl::StrCat("cannot be written: ", std::strerror(errno), ": let the program write it"));
  }
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  if (access(folder.c_str(), W_OK | X_OK) == 0) return absl::OkStatus();
  return refuse(absl::StrCat("cannot be made: ", std::strerror(errno),
                             ": make the folder, and let the program write there"));
}

absl::StatusOr<std::unique_ptr<SqliteSpool>> SqliteSpool::Open(const std::string& path, uint64_t max_bytes) {
  auto database = std::make_unique<Database>();
  database->path = path;
  absl::Status status;
  if (sqlite3_open_v2(path.c_str(), &database->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) !=
      SQLITE_OK) {
    status = database->Error();
  }
  if (status.ok()) status = database->Script(kPrepare);
  if (status.ok()) {
    const uint64_t pages = std::max(max_bytes / kPageBytes, kMinPages);
    status = database->Script(absl::StrCat("PRAGMA max_page_count = ", pages).c_str());
  }
  // Takes the lock for good.
  if (status.ok()) status = database->Transaction([] { return absl::OkStatus(); });
  if (!status.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        status.message(),
        ": its folder must exist and be writable, and each article-service needs a spool of its own"));
  }
  return std::unique_ptr<SqliteSpool>(new SqliteSpool(std::move(database)));
}

uint64_t SqliteSpool::bytes() const {
  return database_->bytes;
}

absl::Status SqliteSpool::Add(uint64_t writer, absl::Span<const SpooledViews> views) {
  return database_->Transaction([&]() -> absl::Status {
    if (absl::Status status = database_->Run(kEnter, {Signed(writer)}); !status.ok()) return status;
    for (const SpooledViews& each : views) {
      absl::Status status =
          database_->Run(kAdd, {Signed(writer), Signed(each.seq), Signed(each.id), Signed(each.views)});
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  });
}

absl::Status SqliteSpool::SetLife(uint64_t writer, uint64_t life, const WriterStanding& standing) {
  return database_->Transaction([&]() -> absl::Status {
    if (absl::Status status = database_->Trim(writer, standing); !status.ok()) return status;
    return database_->Run(kSetLife, {Signed(writer), Signed(life)});
  });
}

absl::Status SqliteSpool::Trim(uint64_t writer, const WriterStanding& standing) {
  return database_->Transaction([&] { return database_->Trim(writer, standing); });
}

absl::Status SqliteSpool::Drop(uint64_t writer, uint64_t seq) {
  return database_->Transaction([&] { return database_->Run(kDrop, {Signed(writer), Signed(seq)}); });
}

absl::StatusOr<std::vector<SpooledWriter>> SqliteSpool::Load() {
  std::vector<SpooledWriter> writers;
  absl::Status status = database_->Run(kLoadWriters, {}, [&writers](sqlite3_stmt* row) {
    writers.push_back({.writer = static_cast<uint64_t>(sqlite3_column_int64(row, 0)),
                       .life = static_cast<uint64_t>(sqlite3_column_int64(row, 1))});
  });
  for (SpooledWriter& writer : writers) {
    if (status.ok()) {
      status = database_->Run(kLoadViews, {Signed(writer.writer)}, [&writer](sqlite3_stmt* row) {
        writer.views.push_back({.seq = static_cast<uint64_t>(sqlite3_column_int64(row, 0)),
                                .id = static_cast<uint64_t>(sqlite3_column_int64(row, 1)),
                                .views = static_cast<uint64_t>(sqlite3_column_int64(row, 2))});
      });
    }
    // A writer that left nothing need not be remembered.
    if (status.ok() && writer.views.empty()) status = database_->Run(kForgetWriter, {Signed(writer.writer)});
  }
  if (!status.ok()) return status;
  std::erase_if(writers, [](const SpooledWriter& writer) { return writer.views.empty(); });
  return writers;
}

}  // namespace readcount
