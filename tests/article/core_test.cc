#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/article/exact_count.h"
#include "services/article/page_token.h"
#include "services/article/stream_order.h"

namespace readcount {
namespace {

ArticleRow MakeRow(uint64_t id, uint64_t count, uint64_t applied_epoch, uint64_t life = 7) {
  auto article = std::make_shared<Article>();
  article->id = id;
  return {.id = id,
          .article = std::move(article),
          .count = count,
          .history = life,
          .applied_epoch = applied_epoch};
}

TEST(ExactCountTest, AddsWhatTheRowLacksAndNothingElse) {
  const RecordedView view{.pending = {.live = 3, .sealed = 20}};
  const LedgerState sealed{.life = 7, .epoch = 6, .sealed_epoch = 5};
  EXPECT_EQ(CountExactly(MakeRow(1, 100, 4), 7, sealed, view)->count, 123u);
  EXPECT_TRUE(CountExactly(MakeRow(1, 100, 4), 7, sealed, view)->folds);
  EXPECT_EQ(CountExactly(MakeRow(1, 120, 5), 7, sealed, view)->count, 123u);
  EXPECT_FALSE(CountExactly(MakeRow(1, 120, 5), 7, sealed, view)->folds);
  EXPECT_EQ(CountExactly(MakeRow(1, 123, 6), 7, sealed, view)->count, 123u)
      << "the live batch is in MySQL already";
  const LedgerState open{.life = 7, .epoch = 6};
  EXPECT_EQ(CountExactly(MakeRow(1, 120, 5), 7, open, view)->count, 123u);
}

TEST(ExactCountTest, KnowsThatARowIsTooOldOrOfAnotherLife) {
  const RecordedView view;
  EXPECT_EQ(CountExactly(MakeRow(1, 100, 3), 7, {.life = 7, .epoch = 6, .sealed_epoch = 5}, view),
            std::nullopt);
  EXPECT_EQ(CountExactly(MakeRow(1, 100, 4), 7, {.life = 7, .epoch = 6}, view), std::nullopt);
  EXPECT_EQ(CountExactly(MakeRow(1, 100, 5, 8), 7, {.life = 7, .epoch = 6}, view), std::nullopt);
}

TEST(ExactCountTest, IsAtLeastWhatTheRowSaysAndWhatItCertainlyLacks) {
  const LedgerState open{.life = 7, .epoch = 6};
  const RecordedView view{.pending = {.live = 3}, .later_views = 1};
  EXPECT_EQ(CountAtLeast(MakeRow(1, 100, 3), 7, open, view), 102u);
  EXPECT_EQ(CountAtLeast(MakeRow(1, 100, 6), 7, open, view), 100u) << "may have the live views already";
  EXPECT_EQ(CountAtLeast(MakeRow(1, 100, 3), 8, open, view), 100u) << "of another history";
}

TEST(ExactCountTest, ARowThatIsAheadOfTheLedgerContradictsIt) {
  const LedgerState sealed{.life = 7, .epoch = 6, .sealed_epoch = 5};
  EXPECT_FALSE(ContradictsLedger(MakeRow(1, 100, 5), 7, sealed)) << "applied, not yet released";
  EXPECT_TRUE(ContradictsLedger(MakeRow(1, 100, 6), 7, sealed));
  EXPECT_FALSE(ContradictsLedger(MakeRow(1, 100, 6), 8, sealed));
}

TEST(ExactCountTest, GivesEachViewOfABatchItsOwnNumber) {
  const LedgerState open{.life = 7, .epoch = 1};
  EXPECT_EQ(CountExactly(MakeRow(1, 0, 0), 7, open, {.pending = {.live = 3}, .later_views = 2})->count, 1u);
  EXPECT_EQ(CountExactly(MakeRow(1, 0, 0), 7, open, {.pending = {.live = 3}, .later_views = 0})->count, 3u);
}

TEST(ExactCountTest, StaysWithinWhatACountCanBe) {
  const LedgerState open{.life = 7, .epoch = 1};
  EXPECT_EQ(CountExactly(MakeRow(1, 5, 0), 7, open, {.pending = {.live = -9}})->count, 0u);
  EXPECT_EQ(CountExactly(MakeRow(1, ~uint64_t{0}, 0), 7, open, {.pending = {.live = 9}})->count,
            ~uint64_t{0});
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

TEST(StreamOrderTest, NothingPassesABatchUntilItIsAskedForOrAnswered) {
  StreamOrder order;
  EXPECT_FALSE(order.may_be_overtaken());
  const uint64_t asked = order.Taken();
  EXPECT_TRUE(order.may_be_overtaken());
  order.Passed(asked);
  EXPECT_FALSE(order.may_be_overtaken());
}

TEST(StreamOrderTest, WordOfABatchThatCameLateSaysNothingOfTheNext) {
  StreamOrder order;
  const uint64_t first = order.Taken();
  order.Passed(first);  // it was answered before its reader heard that Redis had been asked
  order.Taken();
  order.Passed(first);
  EXPECT_TRUE(order.may_be_overtaken()) << "the second may wait for MySQL";
}

}  // namespace
}  // namespace readcount
