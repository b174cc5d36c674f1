#include "services/syncer/redelivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/syncer/batch.h"

namespace readcount {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr uint64_t kMost = ~uint64_t{0};

KeptLetter Letter(uint64_t id, const std::string& field, const std::string& value, int64_t views,
                  absl::string_view reason, uint64_t life = 7) {
  return {
      .id = id, .life = life, .field = field, .value = value, .views = views, .reason = std::string(reason)};
}

TEST(RedeliveryTest, AddsUpTheLettersOfAnArticle) {
  const std::vector<KeptLetter> letters = {Letter(1, "9", "5", 5, kNoSuchArticle),
                                           Letter(2, "4", "1", 1, kNoSuchArticle),
                                           Letter(3, "9", "-2", -2, kNegativeResult)};
  Redelivery redelivery(letters);
  EXPECT_THAT(redelivery.articles(), ElementsAre(4, 9));
  redelivery.ArticleFound(4, 10);
  redelivery.ArticleFound(9, 0);
  const Redelivery::Decision decision = redelivery.Decide();
  EXPECT_THAT(decision.added, ElementsAre(Pair(1, 5), Pair(2, 1), Pair(3, -2)));
  EXPECT_THAT(decision.counts, ElementsAre(Redelivery::CountChange{.id = 4, .plus = 1},
                                           Redelivery::CountChange{.id = 9, .plus = 3}));
  EXPECT_EQ(decision.books.at(7).applied, 4);
  EXPECT_EQ(decision.books.at(7).dead_lettered, 4);
  EXPECT_EQ(decision.books.at(7).added_by_others(), 0);
  EXPECT_THAT(decision.reasons, IsEmpty());
}

TEST(RedeliveryTest, KeepsWhatCannotBeAddedWithTheReasonThatHolds) {
  const std::vector<KeptLetter> letters = {
      Letter(1, "1", "1", 1, kNoSuchArticle), Letter(2, "2", "-1", -1, kNoSuchArticle),
      Letter(3, "3", "1", 1, kOverflow),      Letter(4, "03", "1", 0, kNotAnArticleId),
      Letter(5, "3", "one", 0, kNotANumber),  Letter(6, "5", "1", 1, kNoSuchArticle)};
  Redelivery redelivery(letters);
  redelivery.ArticleFound(1, kMost);
  redelivery.ArticleFound(2, 0);
  const Redelivery::Decision decision = redelivery.Decide();
  EXPECT_THAT(decision.added, IsEmpty());
  EXPECT_THAT(decision.counts, IsEmpty());
  EXPECT_THAT(decision.books, IsEmpty());
  EXPECT_THAT(decision.reasons,
              ElementsAre(Pair(kNegativeResult, ElementsAre(2)), Pair(kNoSuchArticle, ElementsAre(3)),
                          Pair(kOverflow, ElementsAre(1))));
}

TEST(RedeliveryTest, CountsUpToTheTopAndDownToZeroWithoutWrapping) {
  constexpr int64_t kMostViews = std::numeric_limits<int64_t>::max();
  const std::string most = std::to_string(kMostViews);
  const std::string least = std::to_string(std::numeric_limits<int64_t>::min());
  const std::vector<KeptLetter> letters = {
      Letter(1, "1", most, kMostViews, kNoSuchArticle), Letter(2, "1", most, kMostViews, kNoSuchArticle),
      Letter(3, "1", most, kMostViews, kNoSuchArticle),
      Letter(4, "2", least, std::numeric_limits<int64_t>::min(), kOverflow)};
  Redelivery redelivery(letters);
  redelivery.ArticleFound(1, 1);
  redelivery.ArticleFound(2, kMost);
  const Redelivery::Decision decision = redelivery.Decide();
  EXPECT_EQ(decision.added.size(), 3u);
  EXPECT_THAT(decision.counts, ElementsAre(Redelivery::CountChange{.id = 1, .plus = kMost - 1},
                                           Redelivery::CountChange{.id = 2, .minus = uint64_t{1} << 63}));
  EXPECT_THAT(decision.reasons, ElementsAre(Pair(kOverflow, ElementsAre(3))));
}

TEST(RedeliveryTest, BooksWhatACorrectedLetterBringsBeyondItsViewsAsAddedByOthers) {
  const std::vector<KeptLetter> letters = {Letter(1, "1", "12", 0, kNotANumber, 7),
                                           Letter(2, "1", "3", 5, kNegativeResult, 8),
                                           Letter(3, "1", "0", 0, kNotANumber, 9)};
  Redelivery redelivery(letters);
  redelivery.ArticleFound(1, 100);
  const Redelivery::Decision decision = redelivery.Decide();
  EXPECT_EQ(decision.added.size(), 3u);
  EXPECT_THAT(decision.counts, ElementsAre(Redelivery::CountChange{.id = 1, .plus = 15}));
  EXPECT_EQ(decision.books.at(7).added_by_others(), 12);
  EXPECT_EQ(decision.books.at(8).added_by_others(), -2);
  EXPECT_EQ(decision.books.at(9).added_by_others(), 0);
}

}  // namespace
}  // namespace readcount
