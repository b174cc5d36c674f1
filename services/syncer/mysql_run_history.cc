#include "services/syncer/mysql_run_history.h"

#include <algorithm>
#include <limits>

namespace readcount {
namespace {

constexpr absl::string_view kAppend =
    "INSERT INTO read_count_sync_runs (started_at, finished_at, duration_us, outcome, articles, views, "
    "dead_letters, "
    "batches, resumed, error, requested_by) VALUES (?, ?, ?, ?, ?, CAST(? AS DECIMAL(30)), ?, ?, ?, ?, ?)";
constexpr absl::string_view kPrune = "DELETE FROM read_count_sync_runs WHERE id <= ?";
constexpr absl::string_view kList =
    "SELECT id, started_at, finished_at, duration_us, outcome, articles, views, dead_letters, batches, "
    "resumed, "
    "error, requested_by FROM read_count_sync_runs WHERE id < ? ORDER BY id DESC LIMIT ?";

constexpr char kTimeFormat[] = "%Y-%m-%d %H:%M:%E6S";
constexpr size_t kMaxErrorBytes = 1000;

std::string ToText(absl::Time time) {
  return absl::FormatTime(kTimeFormat, time, absl::UTCTimeZone());
}

absl::Time ToTime(const mysql::Field& field) {
  absl::Time time;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%E*S", field.value_or(""), &time, nullptr)) return absl::UnixEpoch();
  return time;
}

RunRecord ToRecord(const std::vector<mysql::Field>& row) {
  RunRecord run;
  run.id = mysql::ToUint64(row[0]);
  run.started_at = ToTime(row[1]);
  run.finished_at = ToTime(row[2]);
  run.duration = absl::Microseconds(mysql::ToUint64(row[3]));
  run.succeeded = row[4] == "succeeded";
  run.articles = mysql::ToUint64(row[5]);
  run.views = ToWideViews(row[6].value_or(""));
  run.dead_letters = mysql::ToUint64(row[7]);
  run.batches = static_cast<uint32_t>(mysql::ToUint64(row[8]));
  run.resumed = mysql::ToUint64(row[9]) != 0;
  run.error = row[10].value_or("");
  run.requested_by = row[11].value_or("");
  return run;
}

}  // namespace

absl::StatusOr<mysql::Result> MysqlRunHistory::Execute(absl::string_view sql,
                                                       absl::Span<const mysql::Argument> arguments) {
  absl::StatusOr<mysql::Pool::Lease> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  return (*connection)->Execute(sql, arguments);
}

absl::StatusOr<uint64_t> MysqlRunHistory::Append(const RunRecord& run) {
  const absl::StatusOr<mysql::Result> added = Execute(
      kAppend, {ToText(run.started_at), ToText(run.finished_at), absl::ToInt64Microseconds(run.duration),
                std::string(run.succeeded ? "succeeded" : "failed"), run.articles,
                readcount::ToText(run.views), run.dead_letters, uint64_t{run.batches}, int64_t{run.resumed},
                run.error.substr(0, kMaxErrorBytes), run.requested_by});
  if (!added.ok()) return added.status();
  if (added->last_insert_id > keep_) {
    // A failure here is made up for by the next run.
    Execute(kPrune, {added->last_insert_id - keep_}).status().IgnoreError();
  }
  return added->last_insert_id;
}

absl::StatusOr<std::vector<RunRecord>> MysqlRunHistory::List(std::optional<uint64_t> before, int limit) {
  const uint64_t below = before.value_or(std::numeric_limits<uint64_t>::max());
  const absl::StatusOr<mysql::Result> result = Execute(kList, {below, int64_t{limit}});
  if (!result.ok()) return result.status();
  std::vector<RunRecord> runs;
  runs.reserve(result->rows.size());
  std::transform(result->rows.begin(), result->rows.end(), std::back_inserter(runs), ToRecord);
  return runs;
}

}  // namespace readcount
