#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/synchronization/notification.h"
#include "services/common/base/backoff.h"
#include "services/common/base/log.h"
#include "services/common/base/now_and_then.h"
#include "services/common/base/sleeper.h"
#include "services/common/base/thread_pool.h"
#include "services/common/ledger/field.h"
#include "services/common/ledger/state.h"
#include "services/common/rpc/status.h"
#include "tests/fakes/clock.h"
#include "tests/support/no_descriptors.h"

namespace readcount {
namespace {

TEST(BackoffTest, DoublesUpToItsCeilingAndStartsAgain) {
  Backoff backoff({.first = absl::Milliseconds(100), .most = absl::Milliseconds(400)});
  for (const int ceiling : {100, 200, 400, 400}) {
    const absl::Duration delay = backoff.Next();
    EXPECT_GE(delay, absl::Milliseconds(ceiling / 2));
    EXPECT_LE(delay, absl::Milliseconds(ceiling));
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next(), absl::Milliseconds(100));
}

TEST(NowAndThenTest, LetsOneOfEachSecondThrough) {
  FakeClock clock;
  NowAndThen log(clock);
  EXPECT_TRUE(log.IsDue());
  EXPECT_FALSE(log.IsDue());
  clock.Advance(absl::Milliseconds(999));
  EXPECT_FALSE(log.IsDue());
  clock.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(log.IsDue());
  EXPECT_FALSE(log.IsDue());
}

TEST(EventSleeperTest, EndsByItselfAndByCancel) {
  EventSleeper sleeper;
  EXPECT_TRUE(sleeper.SleepFor(absl::Milliseconds(1)));
  std::thread canceller([&] { sleeper.Cancel(); });
  EXPECT_FALSE(sleeper.SleepFor(absl::Hours(1)));
  canceller.join();
  EXPECT_FALSE(sleeper.SleepFor(absl::Hours(1)));
}

TEST(EventSleeperTest, CanBeCancelledWhenNoDescriptorIsLeft) {
  const testing::NoDescriptors none;
  EventSleeper sleeper;
  sleeper.Cancel();
  EXPECT_FALSE(sleeper.SleepFor(absl::Hours(1)));
}

TEST(ThreadPoolTest, OneThreadKeepsTheOrderAndFinishesAllBeforeItEnds) {
  std::vector<int> seen;
  {
    ThreadPool pool(1);
    for (int i = 0; i < 100; ++i) pool.Post([&seen, i] { seen.push_back(i); });
  }
  ASSERT_EQ(seen.size(), 100u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(ThreadPoolTest, RunsAsManyTasksAtOnceAsItHasThreads) {
  ThreadPool pool(2);
  absl::Notification first, second;
  pool.Post([&] {
    first.Notify();
    second.WaitForNotification();
  });
  pool.Post([&] {
    first.WaitForNotification();
    second.Notify();
  });
  second.WaitForNotification();
  EXPECT_TRUE(first.HasBeenNotified());
}

TEST(FieldTest, TakesArticleIdsInTheirOneSpelling) {
  EXPECT_EQ(ParseArticleId("1"), 1u);
  EXPECT_EQ(ParseArticleId("9223372036854775808"), uint64_t{1} << 63);
  EXPECT_EQ(ParseArticleId("18446744073709551615"), ~uint64_t{0});
  for (const char* text :
       {"", "0", "01", "-1", "+1", " 1", "1 ", "1e3", "0x1", "18446744073709551616", "1.0", "abc"}) {
    EXPECT_EQ(ParseArticleId(text), std::nullopt) << text;
  }
}

TEST(FieldTest, TakesIncrementsAsRedisWritesThem) {
  EXPECT_EQ(ParseIncrement("0"), 0);
  EXPECT_EQ(ParseIncrement("-5"), -5);
  EXPECT_EQ(ParseIncrement("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(ParseIncrement("-9223372036854775808"), INT64_MIN);
  for (const char* text :
       {"", "-", "-0", "00", "07", "+5", " 5", "5 ", "1e3", "9223372036854775808", "five"}) {
    EXPECT_EQ(ParseIncrement(text), std::nullopt) << text;
  }
}

TEST(PositionTest, TellsTheNewestBatchInAnArticlesRow) {
  const Position position{.epoch = 5, .through_id = 100};
  EXPECT_EQ(position.applied_epoch(100), 5u);
  EXPECT_EQ(position.applied_epoch(101), 4u);
  EXPECT_EQ(Position().applied_epoch(1), 0u);
}

TEST(RpcStatusTest, KeepsCodesSoThatNobodyRepeatsAnUnknownOutcome) {
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  EXPECT_EQ(ToGrpc(absl::NotFoundError("no")).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ToGrpc(absl::UnknownError("lost")).error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(ToGrpc(absl::UnknownError("lost")).error_message(), "lost");
  for (const absl::Status& of_a_server :
       {absl::PermissionDeniedError("check it"), absl::FailedPreconditionError("check it")})
    EXPECT_EQ(FromGrpc(ToGrpc(of_a_server)), absl::UnavailableError("check it"));
  EXPECT_EQ(FromGrpc(ToGrpc(absl::AbortedError("x"))), absl::AbortedError("x"));
}

}  // namespace
}  // namespace readcount
