#include "services/common/batch/batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>

namespace readcount {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using IntBatcher = Batcher<int>;

// Keeps the batches and their ends, so that a test finishes each when it likes.
struct Sink {
  std::vector<std::vector<int>> batches;
  std::vector<IntBatcher::Done> ends;

  IntBatcher::Send Send() {
    return [this](std::vector<int> batch, IntBatcher::Done done) {
      batches.push_back(std::move(batch));
      ends.push_back(std::move(done));
    };
  }
  void EndAll() {
    for (size_t i = 0; i < ends.size(); ++i) std::exchange(ends[i], [] {})();
  }
};

TEST(BatcherTest, SendsTheFirstItemAtOnceWhenIdle) {
  Sink sink;
  IntBatcher batcher({}, sink.Send());
  ASSERT_TRUE(batcher.Add(1).ok());
  EXPECT_THAT(sink.batches, ElementsAre(ElementsAre(1)));
  sink.EndAll();
}

TEST(BatcherTest, WhatArrivesDuringABatchBecomesTheNext) {
  Sink sink;
  IntBatcher batcher({}, sink.Send());
  for (int i = 1; i <= 4; ++i) ASSERT_TRUE(batcher.Add(int{i}).ok());
  EXPECT_THAT(sink.batches, ElementsAre(ElementsAre(1)));
  sink.ends[0]();
  EXPECT_THAT(sink.batches, ElementsAre(ElementsAre(1), ElementsAre(2, 3, 4)));
  sink.ends[1]();
}

TEST(BatcherTest, SendsTogetherWhatIsAddedTogether) {
  Sink sink;
  IntBatcher batcher({.max_batch = 3, .max_queued = 10, .max_in_flight = 2}, sink.Send());
  ASSERT_TRUE(batcher.AddAll({1, 2, 3, 4, 5, 6, 7}).ok());
  EXPECT_THAT(sink.batches, ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4, 5, 6)));
  std::vector<int> many(20, 1);
  EXPECT_EQ(batcher.AddAll(std::move(many)).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(many.size(), 20u) << "what is refused is left as it was";  // NOLINT(bugprone-use-after-move)
  sink.ends[0]();
  EXPECT_THAT(sink.batches.back(), ElementsAre(7));
  sink.EndAll();
}

TEST(BatcherTest, GivesBackWhatWaitsAndIsOver) {
  Sink sink;
  IntBatcher batcher({.max_batch = 10, .max_queued = 6}, sink.Send());
  for (int i = 1; i <= 6; ++i) ASSERT_TRUE(batcher.Add(int{i}).ok());
  EXPECT_THAT(batcher.TakeBack([](int i) { return i % 2 == 1; }), ElementsAre(3, 5));
  EXPECT_THAT(batcher.TakeBack([](int i) { return i == 1; }), IsEmpty()) << "it is under way";
  ASSERT_TRUE(batcher.Add(7, 3).ok()) << "the room of those taken back is free";
  EXPECT_EQ(batcher.Add(8).code(), absl::StatusCode::kResourceExhausted);
  sink.ends[0]();
  EXPECT_THAT(sink.batches.back(), ElementsAre(2, 4, 6, 7));
  EXPECT_THAT(batcher.TakeBack([](int) { return true; }), IsEmpty());
  sink.EndAll();
}

TEST(BatcherTest, AnEmptyQueueTakesAnyWeight) {
  Sink sink;
  IntBatcher batcher({.max_batch = 10, .max_queued = 2}, sink.Send());
  ASSERT_TRUE(batcher.AddAll({1, 2, 3}).ok());
  EXPECT_THAT(sink.batches, ElementsAre(ElementsAre(1, 2, 3)));
  ASSERT_TRUE(batcher.AddAll({4, 5, 6}).ok());
  EXPECT_EQ(batcher.Add(7).code(), absl::StatusCode::kResourceExhausted);
  sink.EndAll();
}

TEST(BatcherTest, KeepsABatchWithinItsWeight) {
  Sink sink;
  IntBatcher batcher({.max_batch = 3}, sink.Send());
  ASSERT_TRUE(batcher.Add(1).ok());
  ASSERT_TRUE(batcher.Add(2, 2).ok());
  ASSERT_TRUE(batcher.Add(3, 1).ok());
  ASSERT_TRUE(batcher.Add(4, 1).ok());
  sink.ends[0]();
  EXPECT_THAT(sink.batches[1], ElementsAre(2, 3));
  sink.ends[1]();
  EXPECT_THAT(sink.batches[2], ElementsAre(4));
  sink.ends[2]();
}

TEST(BatcherTest, SendsAnItemHeavierThanABatchAlone) {
  Sink sink;
  IntBatcher batcher({.max_batch = 3}, sink.Send());
  ASSERT_TRUE(batcher.Add(1, 50).ok());
  EXPECT_THAT(sink.batches, ElementsAre(ElementsAre(1)));
  sink.EndAll();
}

TEST(BatcherTest, RefusesWhatExceedsTheQueueAndTakesAgainAfterwards) {
  Sink sink;
  IntBatcher batcher({.max_queued = 2}, sink.Send());
  ASSERT_TRUE(batcher.Add(1).ok());
  ASSERT_TRUE(batcher.Add(2).ok());
  ASSERT_TRUE(batcher.Add(3).ok());
  EXPECT_EQ(batcher.Add(4).code(), absl::StatusCode::kResourceExhausted);
  sink.ends[0]();
  EXPECT_TRUE(batcher.Add(5).ok());
  sink.ends[1]();
  EXPECT_THAT(sink.batches, ElementsAre(ElementsAre(1), ElementsAre(2, 3), ElementsAre(5)));
  sink.ends[2]();
}

TEST(BatcherTest, KeepsAsManyBatchesUnderWayAsAllowed) {
  Sink sink;
  IntBatcher batcher({.max_in_flight = 2}, sink.Send());
  for (int i = 1; i <= 4; ++i) ASSERT_TRUE(batcher.Add(int{i}).ok());
  EXPECT_THAT(sink.batches, ElementsAre(ElementsAre(1), ElementsAre(2)));
  sink.ends[1]();
  EXPECT_THAT(sink.batches[2], ElementsAre(3, 4));
  sink.ends[0]();
  sink.ends[2]();
}

TEST(BatcherTest, DoesNotNestWhenTheSinkEndsBatchesAtOnce) {
  int depth = 0, deepest = 0, added = 0;
  IntBatcher* self = nullptr;
  IntBatcher batcher({.max_batch = 1}, [&](std::vector<int>, IntBatcher::Done done) {
    deepest = std::max(deepest, ++depth);
    while (added < 10000 && added % 100 != 99) ASSERT_TRUE(self->Add(added++).ok());
    ++added;
    done();
    --depth;
  });
  self = &batcher;
  ASSERT_TRUE(batcher.Add(-1).ok());
  batcher.Drain();
  EXPECT_GE(added, 100);
  EXPECT_EQ(deepest, 1);
}

TEST(BatcherTest, RefusesItemsAfterCloseButSendsThoseQueued) {
  Sink sink;
  IntBatcher batcher({}, sink.Send());
  ASSERT_TRUE(batcher.Add(1).ok());
  ASSERT_TRUE(batcher.Add(2).ok());
  batcher.Close();
  EXPECT_EQ(batcher.Add(3).code(), absl::StatusCode::kUnavailable);
  sink.ends[0]();
  EXPECT_THAT(sink.batches[1], ElementsAre(2));
  sink.ends[1]();
}

TEST(BatcherTest, LosesNothingUnderManyThreads) {
  constexpr int kThreads = 8, kItems = 5000;
  std::atomic<int64_t> sum = 0;
  std::atomic<int> in_flight = 0;
  {
    IntBatcher batcher({.max_batch = 64, .max_queued = kThreads * kItems},
                       [&](std::vector<int> batch, IntBatcher::Done done) {
                         EXPECT_EQ(++in_flight, 1);
                         sum += std::accumulate(batch.begin(), batch.end(), int64_t{0});
                         --in_flight;
                         done();
                       });
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 1; i <= kItems; ++i) EXPECT_TRUE(batcher.Add(int{i}).ok());
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(sum, int64_t{kThreads} * kItems * (kItems + 1) / 2);
}

}  // namespace
}  // namespace readcount
