#include "services/article/mysql_life_registry.h"

namespace readcount {
namespace {

// `wanted` has one row, so that a writer whose life or views MySQL does not know is answered as well.
constexpr absl::string_view kRead =
    "SELECT p.epoch, p.through_id, p.closed, w.seq, w.batch_seq FROM (SELECT ? AS life, ? AS writer) AS "
    "wanted "
    "LEFT JOIN read_count_positions AS p ON p.life = wanted.life "
    "LEFT JOIN read_count_writers AS w ON w.life = wanted.life AND w.writer = wanted.writer";
// What a batch that stays unfinished has brought counts as recorded from now on: its views that MySQL lacks
// are recorded anew in another life.
constexpr absl::string_view kClose =
    "INSERT INTO read_count_positions (life, closed, created_at, updated_at) "
    "VALUES (?, 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE "
    "recorded = IF(closed = 1, recorded, applied + dead_lettered - added_by_others + taken_by_others), "
    "updated_at = IF(closed = 1, updated_at, UTC_TIMESTAMP(6)), closed = 1";

}  // namespace

absl::StatusOr<WriterStanding> MysqlLifeRegistry::Read(uint64_t life, uint64_t writer) {
  absl::StatusOr<mysql::Pool::Lease> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<mysql::Result> result = (*connection)->Execute(kRead, {life, writer});
  if (!result.ok()) return result.status();
  if (result->rows.size() != 1) return absl::InternalError("the standing of a writer is not one row");
  const std::vector<mysql::Field>& row = result->rows.front();
  WriterStanding standing;
  if (row[0].has_value()) {
    standing.position = {.epoch = mysql::ToUint64(row[0]), .through_id = mysql::ToUint64(row[1])};
    standing.closed = mysql::ToUint64(row[2]) != 0;
  }
  standing.seq = mysql::ToUint64(row[3]);
  standing.batch_seq = mysql::ToUint64(row[4]);
  return standing;
}

absl::StatusOr<WriterStanding> MysqlLifeRegistry::Close(uint64_t life, uint64_t writer) {
  {
    absl::StatusOr<mysql::Pool::Lease> connection = pool_.Acquire();
    if (!connection.ok()) return connection.status();
    absl::Status closed = (*connection)->Execute(kClose, {life}).status();
    if (absl::IsUnknown(closed)) return absl::UnavailableError(closed.message());
    if (!closed.ok()) return closed;
  }
  return Read(life, writer);
}

}  // namespace readcount
