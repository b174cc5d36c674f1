#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/article/cache.h"
#include "services/article/exact_count.h"
#include "services/article/page_token.h"
#include "tests/fakes/clock.h"

namespace readcount {
namespace {

ArticleRow MakeRow(uint64_t id, uint64_t count, uint64_t applied_epoch, uint64_t life = 7) {
  auto article = std::make_shared<Article>();
  article->id = id;
  return {.article = std::move(article), .count = count, .life = life, .applied_epoch = applied_epoch};
}

TEST(ExactCountTest, AddsWhatTheRowLacksAndNothingElse) {
  const RecordedView view{.pending = {.live = 3, .sealed = 20}};
  const LedgerState sealed{.life = 7, .epoch = 6, .sealed_epoch = 5};
  EXPECT_EQ(CountExactly(MakeRow(1, 100, 4), sealed, view)->count, 123u);
  EXPECT_TRUE(CountExactly(MakeRow(1, 100, 4), sealed, view)->folds);
  EXPECT_EQ(CountExactly(MakeRow(1, 120, 5), sealed, view)->count, 123u);
  EXPECT_FALSE(CountExactly(MakeRow(1, 120, 5), sealed, view)->folds);
  EXPECT_EQ(CountExactly(MakeRow(1, 123, 6), sealed, view)->count, 123u)
      << "the live batch is in MySQL already";
  const LedgerState open{.life = 7, .epoch = 6};
  EXPECT_EQ(CountExactly(MakeRow(1, 120, 5), open, view)->count, 123u);
}

TEST(ExactCountTest, KnowsThatARowIsTooOldOrOfAnotherLife) {
  const RecordedView view;
  EXPECT_EQ(CountExactly(MakeRow(1, 100, 3), {.life = 7, .epoch = 6, .sealed_epoch = 5}, view), std::nullopt);
  EXPECT_EQ(CountExactly(MakeRow(1, 100, 4), {.life = 7, .epoch = 6}, view), std::nullopt);
  EXPECT_EQ(CountExactly(MakeRow(1, 100, 5, 8), {.life = 7, .epoch = 6}, view), std::nullopt);
}

TEST(ExactCountTest, GivesEachViewOfABatchItsOwnNumber) {
  const LedgerState open{.life = 7, .epoch = 1};
  EXPECT_EQ(CountExactly(MakeRow(1, 0, 0), open, {.pending = {.live = 3}, .later_views = 2})->count, 1u);
  EXPECT_EQ(CountExactly(MakeRow(1, 0, 0), open, {.pending = {.live = 3}, .later_views = 0})->count, 3u);
}

TEST(ExactCountTest, StaysWithinWhatACountCanBe) {
  const LedgerState open{.life = 7, .epoch = 1};
  EXPECT_EQ(CountExactly(MakeRow(1, 5, 0), open, {.pending = {.live = -9}})->count, 0u);
  EXPECT_EQ(CountExactly(MakeRow(1, ~uint64_t{0}, 0), open, {.pending = {.live = 9}})->count, ~uint64_t{0});
}

class CacheTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  ArticleCache cache_{
      {.bytes = 10'000, .absent_capacity = 2, .ttl = absl::Seconds(10), .absent_ttl = absl::Seconds(1)},
      clock_};
};

TEST_F(CacheTest, ExpiresTextButKeepsItToFallBackOn) {
  cache_.Put(MakeRow(1, 5, 0));
  clock_.Advance(absl::Seconds(7));
  EXPECT_FALSE(cache_.Find(1).row->expired);
  clock_.Advance(absl::Seconds(4));
  EXPECT_TRUE(cache_.Find(1).row->expired);
}

TEST_F(CacheTest, DropsTheLeastRecentlyUsedBeyondItsMemory) {
  for (uint64_t id = 1; id <= 20; ++id) {
    cache_.Put(MakeRow(id, 0, 0));
    EXPECT_TRUE(cache_.Find(1).row.has_value());
  }
  EXPECT_TRUE(cache_.Find(20).row.has_value());
  cache_.Put(MakeRow(21, 0, 0));
  for (uint64_t id = 22; id <= 60; ++id) cache_.Put(MakeRow(id, 0, 0));
  EXPECT_FALSE(cache_.Find(2).row.has_value());
  EXPECT_TRUE(cache_.Find(60).row.has_value());
}

TEST_F(CacheTest, RemembersAbsentIdsBrieflyAndOnlySoMany) {
  cache_.PutAbsent(1);
  EXPECT_TRUE(cache_.Find(1).absent);
  clock_.Advance(absl::Seconds(2));
  EXPECT_FALSE(cache_.Find(1).absent);
  for (uint64_t id = 1; id <= 3; ++id) cache_.PutAbsent(id);
  EXPECT_FALSE(cache_.Find(1).absent);
  EXPECT_TRUE(cache_.Find(3).absent);
}

TEST_F(CacheTest, ForgetsAnArticleThatIsGoneAndAnAbsenceThatIsOver) {
  cache_.Put(MakeRow(1, 5, 0));
  cache_.PutAbsent(1);
  EXPECT_FALSE(cache_.Find(1).row.has_value());
  cache_.Put(MakeRow(1, 5, 0));
  EXPECT_FALSE(cache_.Find(1).absent);
  EXPECT_TRUE(cache_.Find(1).row.has_value());
}

TEST_F(CacheTest, FoldsASealedBatchOnceAndOnlyTheNext) {
  cache_.Put(MakeRow(1, 5, 3));
  cache_.Fold(1, 7, 5, 100);
  cache_.Fold(1, 8, 4, 100);
  EXPECT_EQ(cache_.Find(1).row->row.count, 5u);
  cache_.Fold(1, 7, 4, 10);
  cache_.Fold(1, 7, 4, 10);
  EXPECT_EQ(cache_.Find(1).row->row.count, 15u);
  EXPECT_EQ(cache_.Find(1).row->row.applied_epoch, 4u);
}

TEST_F(CacheTest, ALateLoadDoesNotUndoAFold) {
  cache_.Put(MakeRow(1, 5, 3));
  cache_.Fold(1, 7, 4, 10);
  EXPECT_EQ(cache_.Put(MakeRow(1, 5, 3)).row.count, 15u);
  EXPECT_EQ(cache_.Put(MakeRow(1, 15, 4)).row.count, 15u);
  EXPECT_EQ(cache_.Put(MakeRow(1, 9, 0, 8)).row.count, 9u) << "another life begins anew";
}

TEST(PageTokenTest, ComesBackAsItWas) {
  const PageKey key{.created_at = "2024-12-08 10:10:08", .id = ~uint64_t{0}};
  const absl::StatusOr<PageKey> parsed = ParsePageToken(MakePageToken(key, "ann"), "ann");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, key);
}

TEST(PageTokenTest, CarriesADateThatIsNoDateAndRefusesOneThatServersDoNotTake) {
  for (const char* date : {"0000-00-00 00:00:00", "2024-00-00 00:00:00", "2024-12-08 10:10:08.123456"}) {
    const absl::StatusOr<PageKey> parsed =
        ParsePageToken(MakePageToken({.created_at = date, .id = 5}, ""), "");
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->created_at, date);
  }
  for (const char* date :
       {"", "2024-13-08 10:10:08", "2024-02-31 10:10:08", "2024-12-08 25:10:08", "2024-12-08",
        "2024-12-08 10:10:08x", "2024-12-08T10:10:08", "2024-12-08 10:10:08.1234567"}) {
    EXPECT_FALSE(ParsePageToken(MakePageToken({.created_at = date, .id = 5}, ""), "").ok()) << date;
  }
}

TEST(PageTokenTest, RefusesWhatItDidNotMake) {
  const std::string token = MakePageToken({.created_at = "2024-12-08 00:00:00", .id = 5}, "ann");
  EXPECT_FALSE(ParsePageToken(token, "bob").ok()) << "made for another filter";
  for (size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(ParsePageToken(forged, "ann").ok()) << forged;
  }
  for (const std::string& text :
       {std::string(), std::string("x"), token + "=", token.substr(1), std::string(5000, 'A')}) {
    EXPECT_FALSE(ParsePageToken(text, "ann").ok()) << text;
  }
}

}  // namespace
}  // namespace readcount
