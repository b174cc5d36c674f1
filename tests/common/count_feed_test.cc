#include "services/common/feed/count_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace readcount {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CountFeedTest : public ::testing::Test {
 protected:
  struct Asked {
    std::vector<uint64_t> ids;
    CountFeed::Done done;
  };

  // What `told` was told: counts, 0 for an error.
  CountFeed::Watcher Into(std::vector<uint64_t>& told) {
    return [&told](const absl::StatusOr<FedCount>& count) {
      told.push_back(count.ok() ? count->read_count : 0);
    };
  }
  // Ends the oldest reading with this count of every article.
  void Answer(const absl::StatusOr<FedCount>& count) {
    const Asked asked = asked_.front();
    asked_.erase(asked_.begin());
    asked.done(CountFeed::Reading(asked.ids.size(), count));
  }

  std::vector<Asked> asked_;
  std::shared_ptr<CountFeed> feed_ =
      std::make_shared<CountFeed>(2000, [this](std::vector<uint64_t> ids, CountFeed::Done done) {
        asked_.push_back({std::move(ids), std::move(done)});
      });
};

TEST_F(CountFeedTest, TellsEachChangeOnceToAllWhoWatchTheArticle) {
  std::vector<uint64_t> first, second;
  ASSERT_TRUE(feed_->Watch(1, {.read_count = 5}, Into(first)).ok());
  ASSERT_TRUE(feed_->Watch(1, {.read_count = 4}, Into(second)).ok());
  feed_->Poll();
  feed_->Poll();
  ASSERT_THAT(asked_, SizeIs(1)) << "one reading at a time";
  EXPECT_THAT(asked_[0].ids, ElementsAre(1));
  Answer(FedCount{.read_count = 5});
  EXPECT_THAT(first, IsEmpty()) << "it knows";
  EXPECT_THAT(second, ElementsAre(5));
  feed_->Poll();
  Answer(FedCount{.read_count = 6});
  EXPECT_THAT(first, ElementsAre(6));
  EXPECT_THAT(second, ElementsAre(5, 6));
}

TEST_F(CountFeedTest, AReadingThatBeganBeforeTheWatcherCameIsNotToldToIt) {
  std::vector<uint64_t> early, late;
  ASSERT_TRUE(feed_->Watch(1, {}, Into(early)).ok());
  feed_->Poll();
  ASSERT_TRUE(feed_->Watch(1, {.read_count = 9}, Into(late)).ok());
  Answer(FedCount{.read_count = 8});
  EXPECT_THAT(early, ElementsAre(8));
  EXPECT_THAT(late, IsEmpty()) << "8 is older than the 9 that it knows";
  feed_->Poll();
  Answer(FedCount{.read_count = 10});
  EXPECT_THAT(late, ElementsAre(10));
}

TEST_F(CountFeedTest, ACountThatMayLackViewsNeverFalls) {
  std::vector<uint64_t> told;
  ASSERT_TRUE(feed_->Watch(1, {.read_count = 9}, Into(told)).ok());
  feed_->Poll();
  Answer(FedCount{.read_count = 3, .stale = true});
  EXPECT_THAT(told, ElementsAre(9)) << "told anew because it is stale now";
}

TEST_F(CountFeedTest, TellsOfAnErrorOnceAndOfItsEnd) {
  std::vector<uint64_t> told;
  ASSERT_TRUE(feed_->Watch(1, {.read_count = 2}, Into(told)).ok());
  for (int i = 0; i < 2; ++i) {
    feed_->Poll();
    Answer(absl::UnavailableError("away"));
  }
  EXPECT_THAT(told, ElementsAre(0));
  feed_->Poll();
  Answer(FedCount{.read_count = 2});
  EXPECT_THAT(told, ElementsAre(0, 2));
}

TEST_F(CountFeedTest, TellsThatAnArticleIsGoneAlsoAfterAnotherError) {
  std::vector<absl::StatusCode> told;
  ASSERT_TRUE(feed_->Watch(1, {}, [&](const auto& count) { told.push_back(count.status().code()); }).ok());
  for (const absl::Status& error : {absl::UnavailableError("away"), absl::NotFoundError("gone")}) {
    feed_->Poll();
    Answer(error);
  }
  EXPECT_THAT(told, ElementsAre(absl::StatusCode::kUnavailable, absl::StatusCode::kNotFound));
}

TEST_F(CountFeedTest, AReadingMayEndAfterTheFeed) {
  ASSERT_TRUE(feed_->Watch(1, {}, [](const auto&) { ADD_FAILURE() << "nobody watches any more"; }).ok());
  feed_->Poll();
  feed_.reset();
  Answer(FedCount{.read_count = 3});
}

TEST_F(CountFeedTest, AReadingShortOfItsArticlesFailsThemAll) {
  std::vector<uint64_t> told;
  ASSERT_TRUE(feed_->Watch(1, {.read_count = 2}, Into(told)).ok());
  ASSERT_TRUE(feed_->Watch(2, {.read_count = 2}, Into(told)).ok());
  feed_->Poll();
  asked_[0].done({FedCount{.read_count = 3}});
  EXPECT_THAT(told, ElementsAre(0, 0));
}

TEST_F(CountFeedTest, ReadsManyArticlesInSeveralReadingsAndEachOnce) {
  for (uint64_t id = 1; id <= 1500; ++id) ASSERT_TRUE(feed_->Watch(id, {}, [](const auto&) {}).ok());
  feed_->Poll();
  std::vector<uint64_t> all = asked_[0].ids;
  EXPECT_THAT(all, SizeIs(CountFeed::kMostAtOnce));
  Answer(FedCount{});
  ASSERT_THAT(asked_, SizeIs(1));
  all.insert(all.end(), asked_[0].ids.begin(), asked_[0].ids.end());
  std::sort(all.begin(), all.end());
  EXPECT_THAT(all, SizeIs(1500));
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
  Answer(FedCount{});
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(CountFeedTest, WhoDoesNotWatchAnyMoreIsNotToldAndNotReadFor) {
  std::vector<uint64_t> told;
  const absl::StatusOr<uint64_t> handle = feed_->Watch(1, {}, Into(told));
  ASSERT_TRUE(handle.ok());
  feed_->Poll();
  feed_->Unwatch(*handle);
  Answer(FedCount{.read_count = 3});
  EXPECT_THAT(told, IsEmpty());
  feed_->Poll();
  EXPECT_THAT(asked_, IsEmpty());
  EXPECT_EQ(feed_->articles(), 0u);
}

TEST_F(CountFeedTest, RefusesMoreArticlesThanItMayWatch) {
  CountFeed feed(1, [](std::vector<uint64_t>, CountFeed::Done) {});
  EXPECT_TRUE(feed.Watch(1, {}, [](const auto&) {}).ok());
  EXPECT_TRUE(feed.Watch(1, {}, [](const auto&) {}).ok()) << "the same article";
  EXPECT_EQ(feed.Watch(2, {}, [](const auto&) {}).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace readcount
