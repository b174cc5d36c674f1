#include "services/article/cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/article/count_table.h"
#include "tests/fakes/clock.h"

namespace readcount {
namespace {

using State = ArticleCache::State;

ArticleRow MakeRow(uint64_t id, uint64_t count, uint64_t applied_epoch, uint64_t life = 7) {
  auto article = std::make_shared<Article>();
  article->id = id;
  return {.id = id,
          .article = std::move(article),
          .count = count,
          .history = life,
          .applied_epoch = applied_epoch};
}

ArticleRow WithoutText(ArticleRow row) {
  row.article = nullptr;
  return row;
}

class CacheTest : public ::testing::Test {
 protected:
  State StateOf(uint64_t id, bool text = true) { return cache_.Find(id, text).state; }
  ArticleRow Row(uint64_t id) { return cache_.Find(id, /*text=*/false).row; }
  void Fold(uint64_t id, uint64_t life, uint64_t sealed_epoch, int64_t views) {
    cache_.NoteAnswers(life, {.life = life, .epoch = sealed_epoch + 1, .sealed_epoch = sealed_epoch},
                       {{.id = id, .folds = true, .sealed_views = views}});
  }

  FakeClock clock_;
  ArticleCache cache_{{.bytes = 10'000,
                       .counts = 1000,
                       .absent_capacity = 2,
                       .ttl = absl::Seconds(10),
                       .count_ttl = absl::Seconds(100),
                       .absent_ttl = absl::Seconds(1)},
                      clock_};
};

TEST_F(CacheTest, AsksForTextAgainBeforeItExpiresAndKeepsItToFallBackOn) {
  cache_.Put(MakeRow(1, 5, 0));
  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ(StateOf(1), State::kFresh);
  clock_.Advance(absl::Milliseconds(2600));
  EXPECT_EQ(StateOf(1), State::kAgeing) << "of 8 to 10 seconds the last 2.5 are left";
  clock_.Advance(absl::Milliseconds(2400));
  EXPECT_EQ(StateOf(1), State::kExpired);
  EXPECT_NE(cache_.Find(1, true).row.article, nullptr);
}

// Two loads that a retry of dead letters fell between, and the first comes last.
TEST_F(CacheTest, OfRowsOfOneEpochTheGreaterIsNewer) {
  cache_.Put(MakeRow(1, 12, 3));
  EXPECT_EQ(cache_.Put(WithoutText(MakeRow(1, 5, 3))).count, 12u);
  EXPECT_EQ(Row(1).count, 12u);
  EXPECT_EQ(cache_.Put(MakeRow(1, 5, 4)).count, 5u) << "a later batch says what holds";
  EXPECT_EQ(cache_.Put(MakeRow(1, 4, 4, 8)).count, 4u) << "so does another history";
}

TEST_F(CacheTest, KeepsCountsLongerThanTexts) {
  cache_.Put(MakeRow(1, 5, 0));
  clock_.Advance(absl::Seconds(50));
  EXPECT_EQ(StateOf(1, /*text=*/true), State::kExpired);
  EXPECT_EQ(StateOf(1, /*text=*/false), State::kFresh);
  clock_.Advance(absl::Seconds(50));
  EXPECT_EQ(StateOf(1, /*text=*/false), State::kExpired);
}

TEST_F(CacheTest, ACountWithoutItsTextDoesForThoseWhoNeedNoText) {
  cache_.Put(WithoutText(MakeRow(1, 5, 0)));
  EXPECT_EQ(StateOf(1, /*text=*/true), State::kUnknown);
  EXPECT_EQ(StateOf(1, /*text=*/false), State::kFresh);
  EXPECT_EQ(Row(1).count, 5u);
}

TEST_F(CacheTest, DropsTheLeastRecentlyUsedTextsBeyondItsMemory) {
  for (uint64_t id = 1; id <= 60; ++id) {
    cache_.Put(MakeRow(id, 0, 0));
    EXPECT_EQ(StateOf(1), State::kFresh);
  }
  EXPECT_EQ(StateOf(2), State::kUnknown);
  EXPECT_EQ(StateOf(2, /*text=*/false), State::kFresh);
  EXPECT_EQ(StateOf(60), State::kFresh);
}

TEST_F(CacheTest, RemembersAbsentIdsBrieflyAndOnlySoMany) {
  cache_.PutAbsent(1);
  EXPECT_EQ(StateOf(1), State::kAbsent);
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(StateOf(1), State::kUnknown);
  for (uint64_t id = 1; id <= 3; ++id) cache_.PutAbsent(id);
  EXPECT_EQ(StateOf(1), State::kUnknown);
  EXPECT_EQ(StateOf(3), State::kAbsent);
}

TEST_F(CacheTest, ForgetsAnArticleThatIsGoneAndAnAbsenceThatIsOver) {
  cache_.Put(MakeRow(1, 5, 0));
  cache_.PutAbsent(1);
  EXPECT_EQ(StateOf(1), State::kAbsent);
  EXPECT_EQ(StateOf(1, /*text=*/false), State::kAbsent);
  cache_.Put(MakeRow(1, 5, 0));
  EXPECT_EQ(StateOf(1), State::kFresh);
}

TEST_F(CacheTest, FoldsASealedBatchOnceAndOnlyTheNext) {
  cache_.Put(MakeRow(1, 5, 3));
  Fold(1, 7, 5, 100);
  Fold(1, 8, 4, 100);
  EXPECT_EQ(Row(1).count, 5u);
  Fold(1, 7, 4, 10);
  Fold(1, 7, 4, 10);
  EXPECT_EQ(Row(1).count, 15u);
  EXPECT_EQ(Row(1).applied_epoch, 4u);
}

TEST_F(CacheTest, ALateLoadDoesNotUndoAFold) {
  cache_.Put(MakeRow(1, 5, 3));
  Fold(1, 7, 4, 10);
  EXPECT_EQ(cache_.Put(MakeRow(1, 5, 3)).count, 15u);
  EXPECT_EQ(cache_.Put(MakeRow(1, 15, 4)).count, 15u);
  EXPECT_EQ(cache_.Put(MakeRow(1, 9, 0, 8)).count, 9u) << "another life begins anew";
}

TEST_F(CacheTest, WhatWasShownNeverFalls) {
  cache_.Put(MakeRow(1, 5, 3));
  cache_.NoteAnswers(7, {.life = 7, .epoch = 4}, {{.id = 1, .count = 8}});
  EXPECT_EQ(cache_.ShowAtLeast(1, 6), 8u);
  EXPECT_EQ(cache_.ShowAtLeast(1, 6, 1), 9u);
  EXPECT_EQ(cache_.ShowAtLeast(1, 20), 20u);
  EXPECT_EQ(cache_.ShowAtLeast(2, 3, 1), 4u) << "of an article that is not remembered";
}

TEST(CountTableTest, HoldsAsManyNeighboursAsItHasPlacesAndThenDropsTheEarliestToExpire) {
  constexpr uint64_t kRows = 72;  // nine sets
  CountTable table(kRows);
  for (uint64_t id = 8; id < 8 + kRows; ++id) table.Insert(id).expires = static_cast<int64_t>(1000 - id);
  for (uint64_t id = 8; id < 8 + kRows; ++id) EXPECT_NE(table.Find(id), nullptr) << id;
  table.Insert(8 + kRows);
  EXPECT_EQ(table.Find(15), nullptr) << "of its set the earliest to expire";
  EXPECT_NE(table.Find(8), nullptr);
  EXPECT_NE(table.Find(8 + kRows), nullptr);
}

TEST(CountTableTest, AFreshRowIsEmptyAndAnErasedOneIsGone) {
  CountTable table(1);
  table.Insert(5).count = 9;
  EXPECT_EQ(table.Insert(5).count, 9u) << "it was there";
  table.Erase(5);
  EXPECT_EQ(table.Find(5), nullptr);
  EXPECT_EQ(table.Insert(5).count, 0u);
}

}  // namespace
}  // namespace readcount
