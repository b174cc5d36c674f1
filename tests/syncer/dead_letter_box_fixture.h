#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/syncer/mysql_book_keeper.h"
#include "services/syncer/mysql_dead_letter_box.h"
#include "services/syncer/mysql_store.h"
#include "tests/support/servers.h"

namespace readcount::testing {

inline constexpr uint64_t kLife = 0xFEDCBA9876543210;
inline constexpr uint64_t kMost = 18446744073709551615u;
inline constexpr uint64_t kArticles = 10;

// Batches that leave dead letters in a real MariaDB, and the box that they lie in.
class DeadLetterBoxTest : public ::testing::Test {
 protected:
  DeadLetterBoxTest() {
    SharedMariadb().Reset(kArticles);
    EXPECT_TRUE(store_.ReadStanding(kLife).ok());
  }

  // A batch: what cannot be added to an article is dead-lettered.
  void Apply(const std::vector<Increment>& increments) {
    const WideViews views =
        std::accumulate(increments.begin(), increments.end(), WideViews(0),
                        [](WideViews sum, const Increment& increment) { return sum + increment.views; });
    const Chunk chunk{.life = kLife,
                      .epoch = epoch_,
                      .from = {.epoch = epoch_},
                      .to = {.epoch = epoch_ + 1},
                      .increments = increments,
                      .books = {.recorded = views}};
    for (absl::Status status = absl::AbortedError(""); absl::IsAborted(status);) {
      status = store_.lane(0).Begin(chunk);
      if (status.ok()) status = store_.lane(0).Commit().status();
      ASSERT_TRUE(status.ok() || absl::IsAborted(status)) << status;
    }
    ++epoch_;
  }
  // For as many articles that do not exist, from the hundredth on.
  void ApplyToMissing(uint64_t articles, int64_t views) {
    std::vector<Increment> increments;
    for (uint64_t i = 0; i < articles; ++i) increments.push_back({100 + i, views});
    Apply(increments);
  }
  static void PutBack(uint64_t first, uint64_t last, uint64_t step = 1) {
    SharedMariadb().Query(
        absl::StrCat("INSERT INTO articles (id, title, content, author, created_at) SELECT seq, 't', 'c', "
                     "'a', NOW() FROM seq_",
                     first, "_to_", last, "_step_", step));
  }

  RetriedLetters Retry(const LetterSelection& selection = {}) { return Retry(box_, selection); }
  static RetriedLetters Retry(MysqlDeadLetterBox& box, const LetterSelection& selection = {}) {
    const absl::StatusOr<RetriedLetters> retried = box.Retry(selection, [] { return false; });
    EXPECT_TRUE(retried.ok()) << retried.status();
    return retried.value_or(RetriedLetters());
  }
  DroppedLetters Drop(const LetterSelection& selection = {}) {
    const absl::StatusOr<DroppedLetters> dropped = box_.Drop(selection, "me", [] { return false; });
    EXPECT_TRUE(dropped.ok()) << dropped.status();
    return dropped.value_or(DroppedLetters());
  }
  std::vector<KeptLetter> List(uint64_t after = 0, absl::string_view reason = {}, int limit = 10000) {
    const absl::StatusOr<std::vector<KeptLetter>> letters = box_.List(after, reason, limit);
    EXPECT_TRUE(letters.ok()) << letters.status();
    return letters.value_or(std::vector<KeptLetter>());
  }
  std::vector<std::string> Reasons() {
    std::vector<std::string> reasons;
    for (const KeptLetter& letter : List()) reasons.push_back(letter.reason);
    return reasons;
  }
  BookedViews Books() {
    const absl::StatusOr<BookedViews> books = MysqlBookKeeper(pool_).Read(kLife);
    EXPECT_TRUE(books.ok()) << books.status();
    return books.value_or(BookedViews());
  }
  static WideViews Difference(const BookedViews& books) {
    return books.recorded + books.added_by_others - books.taken_by_others - books.applied -
           books.dead_lettered;
  }
  static uint64_t CountOf(uint64_t id) {
    return SharedMariadb().Number(absl::StrCat("SELECT read_count FROM articles WHERE id = ", id));
  }
  static uint64_t ViewsInMysql() { return SharedMariadb().Number("SELECT SUM(read_count) FROM articles"); }

  MysqlBatchStore store_{SharedMariadb().settings(), 2};
  mysql::Pool pool_{SharedMariadb().settings(), SystemClock()};
  EventSleeper sleeper_;
  MysqlDeadLetterBox box_{pool_, SharedMariadb().settings(), sleeper_};
  uint64_t epoch_ = 1;  // of the next batch
};

}  // namespace readcount::testing
