#include "services/syncer/mysql_dead_letter_box.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/base/backoff.h"
#include "services/common/base/fail_point.h"
#include "services/common/base/log.h"
#include "services/syncer/redelivery.h"

namespace readcount {
namespace {

constexpr size_t kPageLetters = 1000;  // in one transaction
constexpr int kAttempts = 8;           // of one that met a deadlock or lost its COMMIT

constexpr absl::string_view kColumns =
    "SELECT letter.id, letter.life, letter.epoch, letter.field, letter.value, letter.views, letter.reason, "
    "letter.created_at FROM ";
constexpr absl::string_view kLetters = "read_count_dead_letters AS letter ";

// Letters by id, in the order of the ids.
#define READCOUNT_CHOSEN_LETTERS                                           \
  "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS chosen " \
  "STRAIGHT_JOIN read_count_dead_letters AS letter ON letter.id = chosen.id "
constexpr absl::string_view kChosenLetters = READCOUNT_CHOSEN_LETTERS;

constexpr absl::string_view kNewest = "SELECT MAX(id) FROM read_count_dead_letters";
// Whether a letter's batch has begun: what is true once stays true, so it may be read before anything is
// locked.
constexpr absl::string_view kIdAndBegun =
    "SELECT letter.id, IFNULL(standing.closed = 1 OR standing.epoch > letter.epoch OR "
    "(standing.epoch = letter.epoch AND standing.through_id > 0), 0) FROM ";
constexpr absl::string_view kWithStanding =
    "LEFT JOIN read_count_positions AS standing ON standing.life = letter.life ";
constexpr absl::string_view kBetween = "WHERE letter.id > ? AND letter.id <= ? ";
constexpr absl::string_view kOfReason = "AND letter.reason = ? ";

constexpr absl::string_view kLockArticles =
    "SELECT article.id, article.read_count FROM "
    "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS wanted "
    "STRAIGHT_JOIN articles AS article ON article.id = wanted.id FOR UPDATE";
constexpr absl::string_view kAddToArticles =
    "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', "
    "plus BIGINT UNSIGNED PATH '$[1]', minus BIGINT UNSIGNED PATH '$[2]')) AS delta "
    "STRAIGHT_JOIN articles AS article ON article.id = delta.id "
    "SET article.read_count = article.read_count - delta.minus + delta.plus";
constexpr absl::string_view kCorrectBooks =
    "UPDATE read_count_positions SET applied = applied + CAST(? AS DECIMAL(30)), "
    "dead_lettered = dead_lettered - CAST(? AS DECIMAL(30)), "
    "added_by_others = added_by_others + CAST(? AS DECIMAL(30)), updated_at = UTC_TIMESTAMP(6) "
    "WHERE life = ?";
constexpr absl::string_view kSetReason = "UPDATE " READCOUNT_CHOSEN_LETTERS "SET letter.reason = ?";
constexpr absl::string_view kCopyToDropped =
    "INSERT INTO read_count_dropped_letters (id, life, epoch, field_hash, field, value, views, reason, "
    "created_at, dropped_at, dropped_by) "
    "SELECT letter.id, letter.life, letter.epoch, letter.field_hash, letter.field, letter.value, "
    "letter.views, letter.reason, letter.created_at, UTC_TIMESTAMP(6), ? FROM " READCOUNT_CHOSEN_LETTERS;
constexpr absl::string_view kDelete = "DELETE letter FROM " READCOUNT_CHOSEN_LETTERS;
constexpr absl::string_view kCount =
    "SELECT COUNT(*) FROM (SELECT id FROM read_count_dead_letters LIMIT ?) AS letters";

#undef READCOUNT_CHOSEN_LETTERS

std::string ToJson(const std::vector<uint64_t>& ids) {
  return absl::StrCat("[", absl::StrJoin(ids, ","), "]");
}

std::string ToJson(const std::vector<Redelivery::CountChange>& changes) {
  return absl::StrCat("[",
                      absl::StrJoin(changes, ",",
                                    [](std::string* out, const Redelivery::CountChange& change) {
                                      absl::StrAppend(out, "[", change.id, ",", change.plus, ",",
                                                      change.minus, "]");
                                    }),
                      "]");
}

absl::Time ToTime(const mysql::Field& field) {
  absl::Time time;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%E*S", field.value_or(""), &time, nullptr)) return absl::UnixEpoch();
  return time;
}

KeptLetter ToLetter(const std::vector<mysql::Field>& row) {
  return {.id = mysql::ToUint64(row[0]),
          .life = mysql::ToUint64(row[1]),
          .epoch = mysql::ToUint64(row[2]),
          .field = row[3].value_or(""),
          .value = row[4].value_or(""),
          .views = mysql::ToInt64(row[5]),
          .reason = row[6].value_or(""),
          .created_at = ToTime(row[7])};
}

std::vector<KeptLetter> ToLetters(const mysql::Result& result) {
  std::vector<KeptLetter> letters;
  letters.reserve(result.rows.size());
  std::transform(result.rows.begin(), result.rows.end(), std::back_inserter(letters), ToLetter);
  return letters;
}

}  // namespace

absl::StatusOr<std::vector<KeptLetter>> MysqlDeadLetterBox::List(uint64_t after, absl::string_view reason,
                                                                 int limit) {
  absl::StatusOr<mysql::Pool::Lease> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  std::vector<mysql::Argument> arguments = {after, std::numeric_limits<uint64_t>::max()};
  if (!reason.empty()) arguments.emplace_back(std::string(reason));
  arguments.emplace_back(int64_t{limit});
  const absl::StatusOr<mysql::Result> result =
      (*connection)
          ->Execute(absl::StrCat(kColumns, kLetters, kBetween, reason.empty() ? "" : kOfReason,
                                 "ORDER BY letter.id LIMIT ?"),
                    arguments);
  if (!result.ok()) return result.status();
  return ToLetters(*result);
}

absl::StatusOr<uint64_t> MysqlDeadLetterBox::Count(uint64_t most) {
  absl::StatusOr<mysql::Pool::Lease> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<mysql::Result> result = (*connection)->Execute(kCount, {most});
  if (!result.ok()) return result.status();
  return mysql::ToUint64(result->rows.at(0).at(0));
}

absl::StatusOr<RetriedLetters> MysqlDeadLetterBox::Retry(const LetterSelection& selection,
                                                         const Abandoned& abandoned) {
  const absl::StatusOr<Moved> moved =
      MoveAll(selection, abandoned, tally_.retried,
              [this](const std::vector<KeptLetter>& letters) { return AddToArticles(letters); });
  if (!moved.ok()) return moved.status();
  return RetriedLetters{.added = moved->letters, .views = moved->views, .kept = moved->kept};
}

absl::StatusOr<DroppedLetters> MysqlDeadLetterBox::Drop(const LetterSelection& selection,
                                                        const std::string& dropped_by,
                                                        const Abandoned& abandoned) {
  const absl::StatusOr<Moved> moved =
      MoveAll(selection, abandoned, tally_.dropped,
              [&, this](const std::vector<KeptLetter>& letters) { return PutAside(letters, dropped_by); });
  if (!moved.ok()) return moved.status();
  return DroppedLetters{.dropped = moved->letters, .views = moved->views, .kept = moved->kept};
}

// Page by page up to the newest letter that there is at the beginning, so that it comes to an end.
absl::StatusOr<MysqlDeadLetterBox::Moved> MysqlDeadLetterBox::MoveAll(const LetterSelection& selection,
                                                                      const Abandoned& abandoned,
                                                                      EventCount& counter, Work work) {
  const absl::StatusOr<mysql::Result> newest = Read(kNewest, {});
  if (!newest.ok()) return newest.status();
  const uint64_t last = mysql::ToUint64(newest->rows.at(0).at(0));
  Moved sum;
  Page page{.more = true};
  while (page.more) {
    if (abandoned()) return absl::CancelledError("nobody waits any more: letters that were moved stay moved");
    absl::StatusOr<Page> next = FindPage(selection, page.last, last);
    if (!next.ok()) return next.status();
    page = *std::move(next);
    const absl::StatusOr<Moved> moved = MovePage(page.ids, work);
    if (!moved.ok()) return moved.status();
    counter.Add(moved->letters);
    sum.letters += moved->letters;
    sum.views += moved->views;
    sum.kept += moved->kept + page.open;
  }
  return sum;
}

absl::StatusOr<MysqlDeadLetterBox::Page> MysqlDeadLetterBox::FindPage(const LetterSelection& selection,
                                                                      uint64_t after, uint64_t last) {
  std::vector<mysql::Argument> arguments;
  if (!selection.ids.empty()) arguments.emplace_back(ToJson(selection.ids));
  arguments.insert(arguments.end(), {after, last});
  if (!selection.reason.empty()) arguments.emplace_back(selection.reason);
  const absl::StatusOr<mysql::Result> result = Read(
      absl::StrCat(kIdAndBegun, selection.ids.empty() ? kLetters : kChosenLetters, kWithStanding, kBetween,
                   selection.reason.empty() ? "" : kOfReason, "ORDER BY letter.id LIMIT ", kPageLetters),
      arguments);
  if (!result.ok()) return result.status();
  Page page{.more = result->rows.size() == kPageLetters};
  for (const std::vector<mysql::Field>& row : result->rows) {
    page.last = mysql::ToUint64(row[0]);
    if (mysql::ToUint64(row[1]) != 0) {
      page.ids.push_back(page.last);
    } else {
      ++page.open;
    }
  }
  return page;
}

// A transaction may be made again whatever became of the one before: it locks the letters, and so waits for
// the end of any that had them, and finds only those that have not left. After a deadlock nothing had; after
// a lost COMMIT all that were to leave have left, or none.
absl::StatusOr<MysqlDeadLetterBox::Moved> MysqlDeadLetterBox::MovePage(const std::vector<uint64_t>& ids,
                                                                       Work work) {
  if (ids.empty()) return Moved();
  Backoff backoff({});
  Leaving in_doubt;
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<Moved> moved = TryToMove(ids, in_doubt, work);
    if (!absl::IsAborted(moved.status()) && !absl::IsUnknown(moved.status())) return moved;
    Log(LogLevel::kWarning, "dead_letters_tried_again",
        {{"first_id", ids.front()}, {"reason", moved.status()}});
    if (attempt == kAttempts) {
      return absl::UnavailableError(
          absl::StrCat("dead letters found no way in ", attempt,
                       " attempts: look for long transactions on articles, then ask again"));
    }
    if (!sleeper_.SleepFor(backoff.Next())) return absl::UnavailableError("shutting down: ask again");
  }
}

absl::StatusOr<MysqlDeadLetterBox::Moved> MysqlDeadLetterBox::TryToMove(const std::vector<uint64_t>& ids,
                                                                        Leaving& in_doubt, Work work) {
  if (absl::Status status = session_.Begin(); !status.ok()) return status;
  const absl::StatusOr<std::vector<KeptLetter>> letters = Lock(ids);
  const absl::StatusOr<Leaving> leaving = letters.ok() ? work(*letters) : letters.status();
  absl::Status status = leaving.status();
  if (status.ok()) {
    FailPoint("letters.before_commit");
    status = session_->Commit();
  }
  // Those of an earlier transaction that are gone have left with it.
  if (letters.ok()) {
    for (const KeptLetter& letter : *letters) in_doubt.erase(letter.id);
  }
  if (absl::IsUnknown(status)) in_doubt.insert(leaving->begin(), leaving->end());
  if (!status.ok()) {
    // A lock-wait timeout undoes one statement only: always the whole.
    if (session_.usable()) session_->Rollback().IgnoreError();
    return status;
  }
  FailPoint("letters.after_commit");
  Leaving left = *leaving;
  left.merge(in_doubt);
  Moved moved{.letters = left.size(), .kept = letters->size() - leaving->size()};
  for (const auto& [id, views] : left) moved.views += views;
  return moved;
}

absl::StatusOr<std::vector<KeptLetter>> MysqlDeadLetterBox::Lock(const std::vector<uint64_t>& ids) {
  const absl::StatusOr<mysql::Result> result =
      session_->Execute(absl::StrCat(kColumns, kChosenLetters, "FOR UPDATE"), {ToJson(ids)});
  if (!result.ok()) return result.status();
  return ToLetters(*result);
}

absl::StatusOr<MysqlDeadLetterBox::Leaving> MysqlDeadLetterBox::AddToArticles(
    const std::vector<KeptLetter>& letters) {
  Redelivery redelivery(letters);
  const absl::StatusOr<mysql::Result> articles =
      session_->Execute(kLockArticles, {ToJson(redelivery.articles())});
  if (!articles.ok()) return articles.status();
  for (const std::vector<mysql::Field>& row : articles->rows)
    redelivery.ArticleFound(mysql::ToUint64(row[0]), mysql::ToUint64(row[1]));
  Redelivery::Decision decision = redelivery.Decide();
  absl::Status status = Change(kAddToArticles, {ToJson(decision.counts)}, decision.counts.size());
  for (const auto& [reason, ids] : decision.reasons) {
    if (status.ok()) status = Change(kSetReason, {ToJson(ids), std::string(reason)}, ids.size());
  }
  if (status.ok()) status = Delete(decision.added);
  for (const auto& [life, book] : decision.books) {
    if (!status.ok() || (book.applied == 0 && book.dead_lettered == 0)) continue;
    status =
        Change(kCorrectBooks,
               {ToText(book.applied), ToText(book.dead_lettered), ToText(book.added_by_others()), life}, 1);
  }
  if (!status.ok()) return status;
  return std::move(decision.added);
}

absl::StatusOr<MysqlDeadLetterBox::Leaving> MysqlDeadLetterBox::PutAside(
    const std::vector<KeptLetter>& letters, const std::string& dropped_by) {
  Leaving leaving;
  std::vector<uint64_t> ids;
  for (const KeptLetter& letter : letters) {
    leaving.emplace(letter.id, letter.views);
    ids.push_back(letter.id);
  }
  if (absl::Status status = Change(kCopyToDropped, {dropped_by, ToJson(ids)}, ids.size()); !status.ok())
    return status;
  if (absl::Status status = Delete(leaving); !status.ok()) return status;
  return leaving;
}

absl::Status MysqlDeadLetterBox::Delete(const Leaving& letters) {
  std::vector<uint64_t> ids;
  ids.reserve(letters.size());
  for (const auto& [id, views] : letters) ids.push_back(id);
  return Change(kDelete, {ToJson(ids)}, ids.size());
}

// Reading again is harmless, and spares the caller an error when the server has ended a session that was
// idle.
absl::StatusOr<mysql::Result> MysqlDeadLetterBox::Read(absl::string_view sql,
                                                       absl::Span<const mysql::Argument> arguments) {
  absl::StatusOr<mysql::Result> result;
  for (int i = 0; i < 2; ++i) {
    if (absl::Status status = session_.Connect(); !status.ok()) return status;
    result = session_->Execute(sql, arguments);
    if (session_.usable()) break;
  }
  return result;
}

// Everything that it changes is locked: other numbers than those expected are nobody's doing but ours.
absl::Status MysqlDeadLetterBox::Change(absl::string_view sql,
                                        std::initializer_list<mysql::Argument> arguments, uint64_t expected) {
  if (expected == 0) return absl::OkStatus();
  const absl::StatusOr<mysql::Result> result = session_->Execute(sql, arguments);
  if (!result.ok()) return result.status();
  if (result->affected_rows == expected) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("dead letters: ", result->affected_rows, " rows changed where ",
                                          expected,
                                          " had to: nothing was moved, see that no trigger is in "
                                          "the way: ",
                                          sql));
}

}  // namespace readcount
