#include "tests/syncer/dead_letter_box_fixture.h"

namespace readcount::testing {
namespace {

TEST_F(DeadLetterBoxTest, AddsTheViewsOfArticlesThatWerePutBackAlsoOfDeletedOnes) {
  Apply({{1, 5}, {77, 4}, {78, 6}, {79, 1}});
  PutBack(77, 78);
  SharedMariadb().Query("UPDATE articles SET is_deleted = 1 WHERE id = 78");
  const RetriedLetters retried = Retry();
  EXPECT_EQ(retried.added, 2u);
  EXPECT_EQ(retried.views, 10);
  EXPECT_EQ(retried.kept, 1u);
  EXPECT_EQ(CountOf(77), 4u);
  EXPECT_EQ(CountOf(78), 6u);
  EXPECT_EQ(Books().applied, 15);
  EXPECT_EQ(Books().dead_lettered, 1);
  EXPECT_EQ(Books().dead_letters, 1u);
  EXPECT_EQ(Difference(Books()), 0);
  EXPECT_EQ(Retry().added, 0u) << "what was added is gone";
  EXPECT_EQ(CountOf(77), 4u);
  EXPECT_EQ(box_.tally().retried.value(), 2u);
}

TEST_F(DeadLetterBoxTest, ALetterThatStillFailsStaysWithItsPresentReason) {
  Apply({{77, 4}, {78, -6}, {79, 1}});
  PutBack(77, 78);
  SharedMariadb().Query("UPDATE articles SET read_count = 18446744073709551615 WHERE id = 77");
  const BookedViews before = Books();
  const RetriedLetters retried = Retry();
  EXPECT_EQ(retried.added, 0u);
  EXPECT_EQ(retried.kept, 3u);
  EXPECT_THAT(Reasons(), ::testing::ElementsAre(kOverflow, kNegativeResult, kNoSuchArticle));
  EXPECT_EQ(CountOf(77), kMost);
  EXPECT_EQ(Books(), before);
}

TEST_F(DeadLetterBoxTest, AddsALetterOfEachReasonOnceItsCauseIsMended) {
  SharedMariadb().Query("UPDATE articles SET read_count = 18446744073709551615 WHERE id = 3");
  ASSERT_TRUE(store_
                  .Bury(kLife, 1,
                        std::vector<DeadLetter>{MakeDeadLetter("04", "8", 0, kNotAnArticleId),
                                                MakeDeadLetter("5", "many", 0, kNotANumber)})
                  .ok());
  Apply({{2, -1}, {3, 2}, {77, 4}});
  EXPECT_EQ(Retry().kept, 5u);
  EXPECT_EQ(Books().applied, 0);
  PutBack(77, 77);
  SharedMariadb().Query("UPDATE articles SET read_count = 10 WHERE id = 2");
  SharedMariadb().Query("UPDATE articles SET read_count = 100 WHERE id = 3");
  SharedMariadb().Query("UPDATE read_count_dead_letters SET field = '4' WHERE field = '04'");
  SharedMariadb().Query("UPDATE read_count_dead_letters SET value = '16' WHERE value = 'many'");
  const RetriedLetters retried = Retry();
  EXPECT_EQ(retried.added, 5u);
  EXPECT_EQ(retried.views, -1 + 2 + 4 + 8 + 16);
  EXPECT_EQ(CountOf(2), 9u);
  EXPECT_EQ(CountOf(3), 102u);
  EXPECT_EQ(CountOf(77), 4u);
  EXPECT_EQ(CountOf(4), 8u);
  EXPECT_EQ(CountOf(5), 16u);
  EXPECT_EQ(Books().dead_lettered, 0);
  EXPECT_EQ(Books().added_by_others, 24) << "the books did not know of these";
  EXPECT_EQ(Difference(Books()), 0);
}

TEST_F(DeadLetterBoxTest, BooksEachLetterInItsOwnLife) {
  constexpr uint64_t kOther = 12345;
  Apply({{77, 4}});
  EXPECT_TRUE(store_.ReadStanding(kOther).ok());
  const std::vector<Increment> increments = {{77, 7}};
  const Chunk chunk{.life = kOther, .epoch = 1, .to = {.epoch = 2}, .increments = increments};
  ASSERT_TRUE(store_.lane(0).Begin(chunk).ok());
  ASSERT_TRUE(store_.lane(0).Commit().ok());
  SharedMariadb().Query("UPDATE read_count_positions SET closed = 1 WHERE life = 12345");
  PutBack(77, 77);
  EXPECT_EQ(Retry().added, 2u);
  EXPECT_EQ(CountOf(77), 11u);
  for (const auto& [life, views] : {std::pair(kLife, 4u), std::pair(kOther, 7u)}) {
    EXPECT_EQ(SharedMariadb().Number(absl::StrCat("SELECT COUNT(*) FROM read_count_positions WHERE life = ",
                                                  life, " AND dead_lettered = 0 AND applied = ", views)),
              1u);
  }
}

TEST_F(DeadLetterBoxTest, WorksThroughManyPagesAndTriesEachLetterOnce) {
  ApplyToMissing(2500, 3);
  PutBack(100, 2599, 2);
  const RetriedLetters retried = Retry();
  EXPECT_EQ(retried.added, 1250u);
  EXPECT_EQ(retried.views, 3750);
  EXPECT_EQ(retried.kept, 1250u);
  EXPECT_EQ(ViewsInMysql(), 3750u);
  EXPECT_EQ(Difference(Books()), 0);
}

TEST_F(DeadLetterBoxTest, MovesOnlyWhatIsSelected) {
  SharedMariadb().Query("UPDATE articles SET read_count = 18446744073709551615 WHERE id = 1");
  Apply({{1, 1}, {77, 1}, {78, 1}, {79, 1}});
  PutBack(77, 79);
  const std::vector<KeptLetter> letters = List();
  ASSERT_EQ(letters.size(), 4u);
  EXPECT_EQ(Retry({.reason = std::string(kOverflow)}).kept, 1u);
  EXPECT_EQ(
      Retry({.ids = {letters[0].id, letters[1].id, 1u << 30}, .reason = std::string(kNoSuchArticle)}).added,
      1u);
  EXPECT_EQ(CountOf(77), 1u);
  EXPECT_EQ(CountOf(78), 0u);
  EXPECT_EQ(Drop({.ids = {letters[2].id}}).dropped, 1u);
  EXPECT_THAT(List(), ::testing::SizeIs(2));
}

TEST_F(DeadLetterBoxTest, ListsPagesOldestFirstWithFieldsAsTheyCame) {
  const std::string field("\0\xFF'\"", 4);
  ASSERT_TRUE(
      store_.Bury(kLife, 1, std::vector<DeadLetter>{MakeDeadLetter(field, "x", 0, kNotAnArticleId)}).ok());
  Apply({{77, 4}, {78, 6}, {79, 1}});
  const std::vector<KeptLetter> first = List(0, {}, 3);
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(first[0].field, field);
  EXPECT_EQ(first[0].value, "x");
  EXPECT_EQ(first[0].life, kLife);
  EXPECT_EQ(first[0].epoch, 1u);
  EXPECT_EQ(first[1].field, "77");
  EXPECT_EQ(first[1].views, 4);
  EXPECT_LT(absl::AbsDuration(absl::Now() - first[0].created_at), absl::Minutes(1));
  const std::vector<KeptLetter> second = List(first.back().id, {}, 3);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].field, "79");
  EXPECT_THAT(List(0, kNoSuchArticle), ::testing::SizeIs(3));
  EXPECT_EQ(*box_.Count(100), 4u);
  EXPECT_EQ(*box_.Count(3), 3u);
}

TEST_F(DeadLetterBoxTest, DroppedLettersAreKeptAsideAndTheBooksAreAsTheyWere) {
  Apply({{77, 4}, {78, 6}});
  BookedViews before = Books();
  const DroppedLetters dropped = Drop();
  EXPECT_EQ(dropped.dropped, 2u);
  EXPECT_EQ(dropped.views, 10);
  EXPECT_THAT(List(), ::testing::IsEmpty());
  before.dead_letters = 0;
  EXPECT_EQ(Books(), before);
  EXPECT_EQ(SharedMariadb().Number("SELECT COUNT(*) FROM read_count_dropped_letters WHERE field = '77' AND "
                                   "value = '4' AND views = 4 AND reason = 'no_such_article' AND "
                                   "field_hash = UNHEX(SHA2('77', 256)) AND dropped_by = 'me' AND "
                                   "dropped_at >= created_at AND created_at > NOW() - INTERVAL 1 DAY"),
            1u);
  EXPECT_EQ(Drop().dropped, 0u);
  EXPECT_EQ(box_.tally().dropped.value(), 2u);
}

// A syncer that was killed after it had buried them buries them again.
TEST_F(DeadLetterBoxTest, LeavesTheStraysOfABatchThatHasNotBegun) {
  const std::vector<DeadLetter> strays = {MakeDeadLetter("no id", "x", 0, kNotAnArticleId)};
  ASSERT_TRUE(store_.Bury(kLife, 1, strays).ok());
  EXPECT_EQ(Drop().dropped, 0u);
  EXPECT_EQ(Retry().kept, 1u);
  ASSERT_TRUE(store_.Bury(kLife, 1, strays).ok());
  EXPECT_THAT(List(), ::testing::SizeIs(1));
  Apply({{1, 1}});
  EXPECT_EQ(Drop().dropped, 1u);
  EXPECT_EQ(store_.Bury(kLife, 1, strays).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(List(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace readcount::testing
