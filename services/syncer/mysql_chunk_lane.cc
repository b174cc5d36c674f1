#include "services/syncer/mysql_chunk_lane.h"

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/fail_point.h"
#include "services/syncer/mysql_dead_letters.h"

namespace readcount {
namespace {

// A chunk as a table: of plus and minus one is 0, so that all arithmetic is unsigned and none can wrap.
#define READCOUNT_CHUNK_TABLE                                      \
  "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', " \
  "plus BIGINT UNSIGNED PATH '$[1]', minus BIGINT UNSIGNED PATH '$[2]')) AS chunk "

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
constexpr absl::string_view kMovePosition =
    "UPDATE read_count_positions SET epoch = ?, through_id = ?, batch_name = ?, updated_at = "
    "UTC_TIMESTAMP(6), "
    "applied = applied + CAST(? AS DECIMAL(30)), "
    "dead_lettered = dead_lettered + CAST(? AS DECIMAL(30)), recorded = recorded + CAST(? AS DECIMAL(30)), "
    "added_by_others = added_by_others + CAST(? AS DECIMAL(30)), "
    "taken_by_others = taken_by_others + CAST(? AS DECIMAL(30)) "
    "WHERE life = ? AND epoch = ? AND through_id = ? AND (through_id = 0 OR batch_name = ?) AND closed = 0";
constexpr absl::string_view kBeginWriters =
    "INSERT INTO read_count_writers (life, writer, batch_seq, updated_at) "
    "SELECT ?, batch.writer, batch.seq, UTC_TIMESTAMP(6) FROM JSON_TABLE(?, '$[*]' COLUMNS ("
    "writer BIGINT UNSIGNED PATH '$[0]', seq BIGINT UNSIGNED PATH '$[1]')) AS batch "
    "ON DUPLICATE KEY UPDATE updated_at = IF(batch_seq = VALUES(batch_seq), updated_at, UTC_TIMESTAMP(6)), "
    "batch_seq = VALUES(batch_seq)";
constexpr absl::string_view kFinishWriters =
    "UPDATE read_count_writers SET seq = batch_seq WHERE life = ? AND seq < batch_seq";

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

WideViews Sum(absl::Span<const Increment> increments) {
  WideViews sum = 0;
  for (const Increment& increment : increments) sum += increment.views;
  return sum;
}

}  // namespace

absl::Status MysqlChunkLane::Begin(const Chunk& chunk) {
  chunk_ = &chunk;
  outcome_ = {};
  letters_.clear();
  if (absl::Status status = session_.Begin(); !status.ok()) return status;
  absl::Status status = AddWhole();
  if (!status.ok()) Rollback();
  return status;
}

absl::Status MysqlChunkLane::AddWhole() {
  if (chunk_->increments.empty()) return absl::OkStatus();
  const absl::StatusOr<uint64_t> changed = AddToArticles(chunk_->increments);
  if (!changed.ok()) return changed.status();
  if (*changed != chunk_->increments.size()) return AddWhatCanBe();
  outcome_ = {.articles = *changed, .views = Sum(chunk_->increments)};
  return absl::OkStatus();
}

absl::Status MysqlChunkLane::AddWhatCanBe() {
  if (absl::Status status = session_->Rollback(); !status.ok()) return status;
  if (absl::Status status = session_->Begin(); !status.ok()) return status;
  if (absl::Status status = FindInapplicable(); !status.ok()) return status;
  absl::flat_hash_set<uint64_t> dead;
  for (const DeadLetter& letter : letters_) {
    uint64_t id = 0;
    if (absl::SimpleAtoi(letter.field, &id)) dead.insert(id);
  }
  std::vector<Increment> rest;
  for (const Increment& increment : chunk_->increments) {
    if (!dead.contains(increment.id)) rest.push_back(increment);
  }
  const absl::StatusOr<uint64_t> changed = rest.empty() ? 0 : AddToArticles(rest);
  if (!changed.ok()) return changed.status();
  if (*changed != rest.size()) return absl::AbortedError("articles changed while a chunk was sorted out");
  outcome_ = {.articles = *changed, .views = Sum(rest), .dead_letters = letters_.size()};
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> MysqlChunkLane::AddToArticles(absl::Span<const Increment> increments) {
  const absl::StatusOr<mysql::Result> result = session_->Execute(kAddToArticles, {ToJson(increments)});
  if (!result.ok()) return result.status();
  return result->affected_rows;
}

absl::Status MysqlChunkLane::FindInapplicable() {
  const absl::StatusOr<mysql::Result> result =
      session_->Execute(kFindInapplicable, {ToJson(chunk_->increments)});
  if (!result.ok()) return result.status();
  for (const std::vector<mysql::Field>& row : result->rows) {
    const uint64_t plus = mysql::ToUint64(row[1]), minus = mysql::ToUint64(row[2]);
    const auto views = static_cast<int64_t>(plus - minus);
    const absl::string_view reason = !row[3].has_value() ? kNoSuchArticle
                                     : minus > 0         ? kNegativeResult
                                                         : kOverflow;
    letters_.push_back(MakeDeadLetter(*row[0], absl::StrCat(views), views, reason));
  }
  return absl::OkStatus();
}

absl::StatusOr<ChunkOutcome> MysqlChunkLane::Commit() {
  if (absl::Status status = Conclude(); !status.ok()) {
    Rollback();
    return status;
  }
  FailPoint("sync.before_commit");
  if (absl::Status status = session_->Commit(); !status.ok()) return status;
  FailPoint("sync.after_commit");
  for (const DeadLetter& letter : letters_) dead_letters_.Add(letter.reason);
  return outcome_;
}

// The position before what hangs on it, in the order in which Bury takes them.
absl::Status MysqlChunkLane::Conclude() {
  if (absl::Status status = MovePosition(); !status.ok()) return status;
  if (absl::Status status = MoveWriters(); !status.ok()) return status;
  return InsertDeadLetters(*session_, chunk_->life, chunk_->epoch, letters_);
}

absl::Status MysqlChunkLane::MovePosition() {
  const Chunk& chunk = *chunk_;
  const WideViews dead_views = Sum(chunk.increments) - outcome_.views;
  const absl::StatusOr<mysql::Result> moved = session_->Execute(
      kMovePosition,
      {chunk.to.epoch, chunk.to.through_id, chunk.batch_name, ToText(outcome_.views), ToText(dead_views),
       ToText(chunk.books.recorded), ToText(chunk.books.added_by_others), ToText(chunk.books.taken_by_others),
       chunk.life, chunk.from.epoch, chunk.from.through_id, chunk.batch_name});
  if (!moved.ok()) return moved.status();
  if (moved->affected_rows == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the position of life ", FormatLife(chunk.life),
                                                    " is not at (", chunk.from.epoch, ", ",
                                                    chunk.from.through_id, ") any more"));
}

absl::Status MysqlChunkLane::MoveWriters() {
  const Chunk& chunk = *chunk_;
  if (chunk.from.through_id == 0 && !chunk.writers.empty()) {
    const absl::Status begun = session_->Execute(kBeginWriters, {chunk.life, ToJson(chunk.writers)}).status();
    if (!begun.ok()) return begun;
  }
  if (chunk.to.epoch == chunk.epoch) return absl::OkStatus();
  return session_->Execute(kFinishWriters, {chunk.life}).status();
}

// A lock-wait timeout undoes one statement only: always the whole.
void MysqlChunkLane::Rollback() {
  if (session_.usable()) session_->Rollback().IgnoreError();
}

}  // namespace readcount
