#include "services/syncer/mysql_store.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/fail_point.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

// A chunk as a table: of plus and minus one is 0, so that all arithmetic is unsigned and none can wrap.
#define READCOUNT_CHUNK_TABLE                                      \
  "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', " \
  "plus BIGINT UNSIGNED PATH '$[1]', minus BIGINT UNSIGNED PATH '$[2]')) AS chunk "

constexpr absl::string_view kReadStanding =
    "SELECT epoch, through_id, closed, batch_name FROM read_count_positions WHERE life = ?";
constexpr absl::string_view kEnterLife =
    "INSERT IGNORE INTO read_count_positions (life, created_at, updated_at) VALUES (?, UTC_TIMESTAMP(6), "
    "UTC_TIMESTAMP(6))";
constexpr absl::string_view kMovePosition =
    "UPDATE read_count_positions SET epoch = ?, through_id = ?, batch_name = ?, updated_at = "
    "UTC_TIMESTAMP(6) "
    "WHERE life = ? AND epoch = ? AND through_id = ? AND (through_id = 0 OR batch_name = ?) AND closed = 0";
constexpr absl::string_view kBeginWriters =
    "INSERT INTO read_count_writers (life, writer, batch_seq, updated_at) "
    "SELECT ?, batch.writer, batch.seq, UTC_TIMESTAMP(6) FROM JSON_TABLE(?, '$[*]' COLUMNS ("
    "writer BIGINT UNSIGNED PATH '$[0]', seq BIGINT UNSIGNED PATH '$[1]')) AS batch "
    "ON DUPLICATE KEY UPDATE updated_at = IF(batch_seq = VALUES(batch_seq), updated_at, UTC_TIMESTAMP(6)), "
    "batch_seq = VALUES(batch_seq)";
constexpr absl::string_view kFinishWriters =
    "UPDATE read_count_writers SET seq = batch_seq WHERE life = ? AND seq < batch_seq";
constexpr absl::string_view kLockPosition =
    "SELECT 1 FROM read_count_positions WHERE life = ? AND epoch = ? AND through_id = 0 AND closed = 0 FOR "
    "UPDATE";
constexpr absl::string_view kBook =
    "UPDATE read_count_positions SET applied = applied + CAST(? AS DECIMAL(30)), "
    "dead_lettered = dead_lettered + CAST(? AS DECIMAL(30)), recorded = recorded + CAST(? AS DECIMAL(30)), "
    "added_by_others = added_by_others + CAST(? AS DECIMAL(30)), "
    "taken_by_others = taken_by_others + CAST(? AS DECIMAL(30)) "
    "WHERE life = ?";
// The chunk drives: each of its ids is one look-up in the articles' primary key.
constexpr absl::string_view kAddToArticles =
    "UPDATE " READCOUNT_CHUNK_TABLE
    "STRAIGHT_JOIN articles AS article ON article.id = chunk.id "
    "SET article.read_count = article.read_count - chunk.minus + chunk.plus "
    "WHERE article.read_count >= chunk.minus AND article.read_count <= 18446744073709551615 - chunk.plus";
constexpr absl::string_view kFindInapplicable =
    "SELECT chunk.id, chunk.plus, chunk.minus, article.id FROM " READCOUNT_CHUNK_TABLE
    "LEFT JOIN articles AS article ON article.id = chunk.id "
    "WHERE article.id IS NULL OR article.read_count < chunk.minus "
    "OR article.read_count > 18446744073709551615 - chunk.plus FOR UPDATE";
// Bytes travel as hexadecimal text, which any JSON can hold.
constexpr absl::string_view kInsertLetters =
    "INSERT IGNORE INTO read_count_dead_letters (life, epoch, field_hash, field, value, views, reason, "
    "created_at) "
    "SELECT ?, ?, UNHEX(letter.hash), UNHEX(letter.field), UNHEX(letter.value), letter.views, letter.reason, "
    "UTC_TIMESTAMP(6) FROM JSON_TABLE(?, '$[*]' COLUMNS (hash CHAR(64) PATH '$[0]', field VARCHAR(510) PATH "
    "'$[1]', "
    "value VARCHAR(510) PATH '$[2]', views BIGINT PATH '$[3]', reason VARCHAR(40) PATH '$[4]')) AS letter";
// A syncer that stops in mid-transaction must not hold the others up for hours: the server ends its session.
constexpr absl::string_view kBoundLocks = "SET SESSION wait_timeout = 20, innodb_lock_wait_timeout = 5";
constexpr absl::string_view kTakeLease =
    "SELECT GET_LOCK(LEFT(CONCAT(DATABASE(), '.read_count_sync'), 64), ?)";
constexpr absl::string_view kReturnLease =
    "SELECT RELEASE_LOCK(LEFT(CONCAT(DATABASE(), '.read_count_sync'), 64))";

#undef READCOUNT_CHUNK_TABLE

uint64_t Magnitude(int64_t views) {
  return views < 0 ? 0 - static_cast<uint64_t>(views) : static_cast<uint64_t>(views);
}

std::string ToJson(absl::Span<const Increment> increments) {
  std::string json = "[";
  for (const Increment& increment : increments) {
    const uint64_t size = Magnitude(increment.views);
    absl::StrAppend(&json, json.size() > 1 ? "," : "", "[", increment.id, ",", increment.views > 0 ? size : 0,
                    ",", increment.views < 0 ? size : 0, "]");
  }
  json += "]";
  return json;
}

std::string ToJson(absl::Span<const WriterSeq> writers) {
  std::string json = "[";
  for (const WriterSeq& writer : writers) {
    absl::StrAppend(&json, json.size() > 1 ? "," : "", "[", writer.writer, ",", writer.seq, "]");
  }
  json += "]";
  return json;
}

std::string ToJson(absl::Span<const DeadLetter> letters) {
  std::string json = "[";
  for (const DeadLetter& letter : letters) {
    absl::StrAppend(&json, json.size() > 1 ? "," : "", "[\"", absl::BytesToHexString(letter.field_hash),
                    "\",\"", absl::BytesToHexString(letter.field), "\",\"",
                    absl::BytesToHexString(letter.value), "\",", letter.views, ",\"", letter.reason, "\"]");
  }
  json += "]";
  return json;
}

WideViews Sum(absl::Span<const Increment> increments) {
  WideViews sum = 0;
  for (const Increment& increment : increments) sum += increment.views;
  return sum;
}

}  // namespace

absl::Status MysqlBatchStore::Connect() {
  if (connection_ != nullptr && connection_->usable()) return absl::OkStatus();
  connection_.reset();
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(settings_);
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  return connection_->Command(kBoundLocks);
}

absl::StatusOr<Standing> MysqlBatchStore::ReadStanding(uint64_t life) {
  // Twice at most: the life is entered in between.
  for (const bool entered : {false, true}) {
    if (absl::Status status = Connect(); !status.ok()) return status;
    absl::StatusOr<mysql::Result> result = connection_->Execute(kReadStanding, {life});
    // While a great batch was read the server may have ended the session; reading again is harmless.
    if (!result.ok() && !connection_->usable()) {
      if (absl::Status status = Connect(); !status.ok()) return status;
      result = connection_->Execute(kReadStanding, {life});
    }
    if (!result.ok()) return result.status();
    if (!result->rows.empty()) {
      const std::vector<mysql::Field>& row = result->rows.front();
      return Standing{.position = {.epoch = mysql::ToUint64(row[0]), .through_id = mysql::ToUint64(row[1])},
                      .batch_name = mysql::ToUint64(row[3]),
                      .closed = mysql::ToUint64(row[2]) != 0};
    }
    if (entered) break;
    // A lost reply matters not: entering a life again does nothing.
    if (const absl::Status status = connection_->Execute(kEnterLife, {life}).status(); !status.ok()) {
      return absl::IsUnknown(status) ? absl::UnavailableError(status.message()) : status;
    }
  }
  return absl::InternalError(
      absl::StrCat("life ", FormatLife(life), " cannot be entered into read_count_positions"));
}

absl::StatusOr<ChunkOutcome> MysqlBatchStore::Apply(const Chunk& chunk) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  inserted_.clear();
  if (absl::Status status = connection_->Begin(); !status.ok()) return status;
  absl::StatusOr<ChunkOutcome> outcome = ApplyInTransaction(chunk);
  if (!outcome.ok()) {
    // A lock-wait timeout rolls back one statement only: always the whole.
    connection_->Rollback().IgnoreError();
    return outcome;
  }
  FailPoint("sync.before_commit");
  if (absl::Status status = connection_->Commit(); !status.ok()) return status;
  FailPoint("sync.after_commit");
  CountInserted();
  return outcome;
}

absl::StatusOr<ChunkOutcome> MysqlBatchStore::ApplyInTransaction(const Chunk& chunk) {
  if (absl::Status status = MovePosition(chunk); !status.ok()) return status;
  if (absl::Status status = MoveWriters(chunk); !status.ok()) return status;
  ChunkOutcome outcome;
  WideViews dead_views = 0;
  if (!chunk.increments.empty()) {
    if (absl::Status status = connection_->Command("SAVEPOINT before_articles"); !status.ok()) return status;
    const absl::StatusOr<uint64_t> changed = AddToArticles(chunk.increments);
    if (!changed.ok()) return changed.status();
    outcome = {.articles = *changed, .views = Sum(chunk.increments)};
    if (*changed != chunk.increments.size()) {
      if (absl::Status status = connection_->Command("ROLLBACK TO SAVEPOINT before_articles"); !status.ok()) {
        return status;
      }
      const absl::StatusOr<std::vector<DeadLetter>> letters = FindInapplicable(chunk);
      if (!letters.ok()) return letters.status();
      const absl::StatusOr<ChunkOutcome> rest = ApplyRest(chunk, *letters);
      if (!rest.ok()) return rest.status();
      outcome = *rest;
      dead_views = Sum(chunk.increments) - outcome.views;
    }
  }
  if (absl::Status status = Book(chunk, outcome, dead_views); !status.ok()) return status;
  return outcome;
}

absl::Status MysqlBatchStore::MovePosition(const Chunk& chunk) {
  const absl::StatusOr<mysql::Result> moved =
      connection_->Execute(kMovePosition, {chunk.to.epoch, chunk.to.through_id, chunk.batch_name, chunk.life,
                                           chunk.from.epoch, chunk.from.through_id, chunk.batch_name});
  if (!moved.ok()) return moved.status();
  if (moved->affected_rows == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the position of life ", FormatLife(chunk.life),
                                                    " is not at (", chunk.from.epoch, ", ",
                                                    chunk.from.through_id, ") any more"));
}

absl::Status MysqlBatchStore::MoveWriters(const Chunk& chunk) {
  if (chunk.from.through_id == 0 && !chunk.writers.empty()) {
    const absl::Status begun =
        connection_->Execute(kBeginWriters, {chunk.life, ToJson(chunk.writers)}).status();
    if (!begun.ok()) return begun;
  }
  if (chunk.to.epoch == chunk.epoch) return absl::OkStatus();
  return connection_->Execute(kFinishWriters, {chunk.life}).status();
}

absl::StatusOr<uint64_t> MysqlBatchStore::AddToArticles(absl::Span<const Increment> increments) {
  const absl::StatusOr<mysql::Result> result = connection_->Execute(kAddToArticles, {ToJson(increments)});
  if (!result.ok()) return result.status();
  return result->affected_rows;
}

absl::StatusOr<std::vector<DeadLetter>> MysqlBatchStore::FindInapplicable(const Chunk& chunk) {
  const absl::StatusOr<mysql::Result> result =
      connection_->Execute(kFindInapplicable, {ToJson(chunk.increments)});
  if (!result.ok()) return result.status();
  std::vector<DeadLetter> letters;
  for (const std::vector<mysql::Field>& row : result->rows) {
    const uint64_t plus = mysql::ToUint64(row[1]), minus = mysql::ToUint64(row[2]);
    const auto views = static_cast<int64_t>(plus - minus);
    const absl::string_view reason = !row[3].has_value() ? kNoSuchArticle
                                     : minus > 0         ? kNegativeResult
                                                         : kOverflow;
    letters.push_back(MakeDeadLetter(*row[0], absl::StrCat(views), views, reason));
  }
  return letters;
}

absl::StatusOr<ChunkOutcome> MysqlBatchStore::ApplyRest(const Chunk& chunk,
                                                        const std::vector<DeadLetter>& letters) {
  absl::flat_hash_set<uint64_t> dead;
  for (const DeadLetter& letter : letters) {
    uint64_t id = 0;
    if (absl::SimpleAtoi(letter.field, &id)) dead.insert(id);
  }
  std::vector<Increment> rest;
  for (const Increment& increment : chunk.increments) {
    if (!dead.contains(increment.id)) rest.push_back(increment);
  }
  if (absl::Status status = InsertLetters(chunk.life, chunk.epoch, letters); !status.ok()) return status;
  const absl::StatusOr<uint64_t> changed = rest.empty() ? 0 : AddToArticles(rest);
  if (!changed.ok()) return changed.status();
  if (*changed != rest.size()) return absl::AbortedError("articles changed while a chunk was sorted out");
  return ChunkOutcome{.articles = *changed, .views = Sum(rest), .dead_letters = letters.size()};
}

absl::Status MysqlBatchStore::InsertLetters(uint64_t life, uint64_t epoch,
                                            absl::Span<const DeadLetter> letters) {
  if (letters.empty()) return absl::OkStatus();
  for (const DeadLetter& letter : letters) {
    Log(LogLevel::kDebug, "dead_letter",
        {{"field", letter.field}, {"value", letter.value}, {"reason", std::string(letter.reason)}});
    inserted_.push_back(letter.reason);
  }
  return connection_->Execute(kInsertLetters, {life, epoch, ToJson(letters)}).status();
}

void MysqlBatchStore::CountInserted() {
  for (absl::string_view reason : inserted_) dead_letters_.Add(reason);
}

absl::Status MysqlBatchStore::Book(const Chunk& chunk, const ChunkOutcome& outcome, WideViews dead_views) {
  const BatchBooks& books = chunk.books;
  return connection_
      ->Execute(kBook, {ToText(outcome.views), ToText(dead_views), ToText(books.recorded),
                        ToText(books.added_by_others), ToText(books.taken_by_others), chunk.life})
      .status();
}

absl::Status MysqlBatchStore::Bury(uint64_t life, uint64_t epoch, absl::Span<const DeadLetter> letters) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  inserted_.clear();
  if (absl::Status status = connection_->Begin(); !status.ok()) return status;
  const absl::StatusOr<mysql::Result> position = connection_->Execute(kLockPosition, {life, epoch});
  absl::Status status = position.status();
  if (status.ok() && position->rows.empty()) {
    status = absl::FailedPreconditionError(
        absl::StrCat("batch ", epoch, " of life ", FormatLife(life), " has begun already"));
  }
  if (status.ok()) status = InsertLetters(life, epoch, letters);
  if (!status.ok()) {
    connection_->Rollback().IgnoreError();
    return status;
  }
  status = connection_->Commit();
  if (status.ok()) CountInserted();
  return status;
}

void MysqlBatchStore::TakeLease(absl::Duration wait) {
  // The server must answer before the client gives it up.
  const absl::Duration most = std::min(wait, settings_.query_timeout / 2);
  absl::StatusOr<mysql::Result> taken;
  // Twice at most: the server may have ended the session since the last run.
  for (int i = 0; i < 2; ++i) {
    if (!Connect().ok()) return;
    taken = connection_->Execute(kTakeLease, {absl::ToInt64Seconds(absl::Ceil(most, absl::Seconds(1)))});
    if (connection_->usable()) break;
  }
  const bool alone = taken.ok() && !taken->rows.empty() && mysql::ToInt64(taken->rows[0][0]) == 1;
  if (alone) return;
  Log(LogLevel::kWarning, "lease_not_taken",
      {{"waited", absl::FormatDuration(wait)}, {"meaning", "another syncer works as well"}});
}

void MysqlBatchStore::ReturnLease() {
  if (connection_ == nullptr || !connection_->usable()) return;
  connection_->Execute(kReturnLease).status().IgnoreError();
}

}  // namespace readcount
