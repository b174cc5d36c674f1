#include "services/syncer/mysql_book_keeper.h"

namespace readcount {
namespace {

constexpr absl::string_view kRead =
    "SELECT life, epoch, through_id, recorded, added_by_others, taken_by_others, applied, dead_lettered, "
    "(SELECT COUNT(*) FROM read_count_dead_letters) FROM read_count_positions";

}  // namespace

absl::StatusOr<BookedViews> MysqlBookKeeper::Read(uint64_t life) {
  absl::StatusOr<mysql::Pool::Lease> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<mysql::Result> result = (*connection)->Execute(kRead);
  if (!result.ok()) return result.status();
  BookedViews books;
  for (const std::vector<mysql::Field>& row : result->rows) {
    const WideViews recorded = ToWideViews(row[3].value_or(""));
    if (mysql::ToUint64(row[0]) == life) {
      books.position = {.epoch = mysql::ToUint64(row[1]), .through_id = mysql::ToUint64(row[2])};
      books.recorded_here = recorded;
    }
    books.recorded += recorded;
    books.added_by_others += ToWideViews(row[4].value_or(""));
    books.taken_by_others += ToWideViews(row[5].value_or(""));
    books.applied += ToWideViews(row[6].value_or(""));
    books.dead_lettered += ToWideViews(row[7].value_or(""));
    books.dead_letters = mysql::ToUint64(row[8]);
  }
  return books;
}

}  // namespace readcount
