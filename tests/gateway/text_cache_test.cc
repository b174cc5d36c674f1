#include "gateway/text_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/clock.h"

namespace readcount::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr size_t kPlenty = 1 << 20;
constexpr absl::Duration kTime = absl::Seconds(20);

std::shared_ptr<const ArticleText> Text(const std::string& json) {
  return std::make_shared<const ArticleText>(ArticleText{.json = json, .count_at = 0});
}

class TextCacheTest : public ::testing::Test {
 protected:
  std::string Find(uint64_t id) {
    const auto text = cache_.Find(id);
    return text == nullptr ? "none" : text->json;
  }

  FakeClock clock_;
  TextCache cache_{kPlenty, clock_};
};

TEST_F(TextCacheTest, KeepsATextForItsTime) {
  EXPECT_EQ(Find(1), "none");
  cache_.Put(1, Text("a"), kTime);
  EXPECT_EQ(Find(1), "a");
  clock_.Advance(kTime);
  EXPECT_EQ(Find(1), "none");
  const TextCache::Stats stats = cache_.stats();
  EXPECT_EQ(stats.misses, 1u);
  EXPECT_EQ(stats.hits, 1u);
  EXPECT_EQ(stats.expired, 1u);
}

TEST_F(TextCacheTest, ATextInUseIsDueOnceBeforeItExpires) {
  cache_.Put(1, Text("old"), kTime);
  cache_.Put(2, Text("not used"), kTime);
  EXPECT_EQ(Find(1), "old");
  clock_.Advance(kTime * 3 / 4 - absl::Nanoseconds(1));
  EXPECT_THAT(cache_.TakeDue(10), IsEmpty());
  clock_.Advance(absl::Seconds(1) + absl::Nanoseconds(1));
  EXPECT_THAT(cache_.TakeDue(10), ElementsAre(1u));
  EXPECT_THAT(cache_.TakeDue(10), IsEmpty());
  EXPECT_EQ(Find(1), "old") << "until the new one is there";
  cache_.Put(1, Text("new"), kTime);
  clock_.Advance(kTime - absl::Nanoseconds(1));
  EXPECT_EQ(Find(1), "new") << "its time began when it was put";
  EXPECT_THAT(cache_.TakeDue(10), ElementsAre(1u));
  EXPECT_EQ(cache_.stats().renewals, 2u);
}

TEST_F(TextCacheTest, WhatIsNewOrGoneByThenIsNotDue) {
  for (const uint64_t id : {1, 2}) cache_.Put(id, Text("old"), kTime);
  clock_.Advance(kTime / 2);
  cache_.Put(1, Text("new"), kTime);
  cache_.Forget(2);
  EXPECT_EQ(Find(1), "new");
  clock_.Advance(kTime / 2 + absl::Seconds(1));
  EXPECT_THAT(cache_.TakeDue(10), IsEmpty());
  clock_.Advance(kTime / 4);
  EXPECT_THAT(cache_.TakeDue(10), ElementsAre(1u));
}

TEST_F(TextCacheTest, NoMoreAreTakenThanAsked) {
  for (const uint64_t id : {1, 2, 3}) {
    cache_.Put(id, Text("a"), kTime);
    Find(id);
  }
  clock_.Advance(kTime);
  std::vector<uint64_t> taken = cache_.TakeDue(2);
  EXPECT_THAT(taken, SizeIs(2));
  for (const uint64_t id : cache_.TakeDue(2)) taken.push_back(id);
  EXPECT_THAT(taken, UnorderedElementsAre(1u, 2u, 3u));
}

TEST_F(TextCacheTest, TheLeastRecentlyUsedGoFirst) {
  const std::string large(kPlenty / 3, 'x');
  cache_.Put(1, Text(large), kTime);
  cache_.Put(2, Text(large), kTime);
  EXPECT_EQ(Find(1), large);
  cache_.Put(3, Text(large), kTime);
  EXPECT_EQ(Find(2), "none");
  EXPECT_EQ(Find(1), large);
  EXPECT_EQ(Find(3), large);
  const TextCache::Stats stats = cache_.stats();
  EXPECT_EQ(stats.evicted, 1u);
  EXPECT_EQ(stats.articles, 2u);
  EXPECT_GT(stats.bytes, 2 * large.size());
  EXPECT_LE(stats.bytes, stats.max_bytes);
}

TEST_F(TextCacheTest, WhatDoesNotFitOrMayNotBeKeptIsNot) {
  cache_.Put(1, Text(std::string(kPlenty, 'x')), kTime);
  cache_.Put(2, Text("a"), absl::ZeroDuration());
  EXPECT_EQ(Find(1), "none");
  EXPECT_EQ(Find(2), "none");
  TextCache nothing(0, clock_);
  nothing.Put(1, Text("a"), kTime);
  EXPECT_EQ(nothing.Find(1), nullptr);
}

TEST_F(TextCacheTest, ForgetsWhatItIsToldTo) {
  cache_.Put(1, Text("a"), kTime);
  cache_.Forget(1);
  cache_.Forget(2);
  EXPECT_EQ(Find(1), "none");
  EXPECT_EQ(cache_.stats().articles, 0u);
  EXPECT_EQ(cache_.stats().bytes, 0u);
}

}  // namespace
}  // namespace readcount::gateway
