#include "services/syncer/mysql_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"
#include "services/syncer/mysql_dead_letters.h"

namespace readcount {
namespace {

constexpr absl::string_view kReadStanding =
    "SELECT epoch, through_id, closed, batch_name FROM read_count_positions WHERE life = ?";
constexpr absl::string_view kEnterLife =
    "INSERT IGNORE INTO read_count_positions (life, created_at, updated_at) VALUES (?, UTC_TIMESTAMP(6), "
    "UTC_TIMESTAMP(6))";
constexpr absl::string_view kLockPosition =
    "SELECT 1 FROM read_count_positions WHERE life = ? AND epoch = ? AND through_id = 0 AND closed = 0 FOR "
    "UPDATE";
constexpr absl::string_view kTakeLease =
    "SELECT GET_LOCK(LEFT(CONCAT(DATABASE(), '.read_count_sync'), 64), ?)";
constexpr absl::string_view kReturnLease =
    "SELECT RELEASE_LOCK(LEFT(CONCAT(DATABASE(), '.read_count_sync'), 64))";

}  // namespace

MysqlBatchStore::MysqlBatchStore(MysqlSettings settings, size_t lanes) : settings_(std::move(settings)) {
  for (size_t i = 0; i < lanes; ++i) {
    lanes_.push_back(std::make_unique<Lane>(settings_, dead_letters_));
  }
}

absl::StatusOr<Standing> MysqlBatchStore::ReadStanding(uint64_t life) {
  // Twice at most: the life is entered in between.
  for (const bool entered : {false, true}) {
    if (absl::Status status = session().Connect(); !status.ok()) return status;
    absl::StatusOr<mysql::Result> result = session()->Execute(kReadStanding, {life});
    // While a great batch was read the server may have ended the session; reading again is harmless.
    if (!result.ok() && !session().usable()) {
      if (absl::Status status = session().Connect(); !status.ok()) return status;
      result = session()->Execute(kReadStanding, {life});
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
    if (const absl::Status status = session()->Execute(kEnterLife, {life}).status(); !status.ok()) {
      return absl::IsUnknown(status) ? absl::UnavailableError(status.message()) : status;
    }
  }
  return absl::InternalError(
      absl::StrCat("life ", FormatLife(life), " cannot be entered into read_count_positions"));
}

absl::Status MysqlBatchStore::Bury(uint64_t life, uint64_t epoch, absl::Span<const DeadLetter> letters) {
  if (absl::Status status = session().Begin(); !status.ok()) return status;
  const absl::StatusOr<mysql::Result> position = session()->Execute(kLockPosition, {life, epoch});
  absl::Status status = position.status();
  if (status.ok() && position->rows.empty()) {
    status = absl::FailedPreconditionError(
        absl::StrCat("batch ", epoch, " of life ", FormatLife(life), " has begun already"));
  }
  if (status.ok()) status = InsertDeadLetters(*session(), life, epoch, letters);
  if (!status.ok()) {
    session()->Rollback().IgnoreError();
    return status;
  }
  status = session()->Commit();
  if (!status.ok()) return status;
  for (const DeadLetter& letter : letters) dead_letters_.Add(letter.reason);
  return absl::OkStatus();
}

void MysqlBatchStore::TakeLease(absl::Duration wait) {
  // The server must answer before the client gives it up.
  const absl::Duration most = std::min(wait, settings_.query_timeout / 2);
  absl::StatusOr<mysql::Result> taken;
  // Twice at most: the server may have ended the session since the last run.
  for (int i = 0; i < 2; ++i) {
    if (!session().Connect().ok()) return;
    taken = session()->Execute(kTakeLease, {absl::ToInt64Seconds(absl::Ceil(most, absl::Seconds(1)))});
    if (session().usable()) break;
  }
  const bool alone = taken.ok() && !taken->rows.empty() && mysql::ToInt64(taken->rows[0][0]) == 1;
  if (alone) return;
  Log(LogLevel::kWarning, "lease_not_taken",
      {{"waited", absl::FormatDuration(wait)}, {"meaning", "another syncer works as well"}});
}

void MysqlBatchStore::ReturnLease() {
  if (!session().usable()) return;
  session()->Execute(kReturnLease).status().IgnoreError();
}

}  // namespace readcount
