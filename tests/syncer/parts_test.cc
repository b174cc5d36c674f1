#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "services/syncer/auditor.h"
#include "services/syncer/status_board.h"
#include "services/syncer/sync_runner.h"
#include "services/syncer/ticker.h"
#include "services/syncer/traffic.h"
#include "tests/fakes/batch_ledger.h"
#include "tests/fakes/batch_store.h"
#include "tests/fakes/clock.h"

namespace readcount {
namespace {

class FakeBookKeeper final : public BookKeeper {
 public:
  absl::StatusOr<BookedViews> Read(uint64_t) override {
    if (moves > 0) {
      --moves;
      books.applied += 1;
      books.recorded += 1;
    }
    if (retries > 0) {
      --retries;
      books.applied += 1;
      books.dead_lettered -= 1;
      books.dead_letters -= 1;
    }
    return books;
  }
  BookedViews books;
  int moves = 0;    // of the next readings, how many find another figure
  int retries = 0;  // of the next readings, how many find a dead letter less
};

class FakeHistory final : public RunHistory {
 public:
  absl::StatusOr<uint64_t> Append(const RunRecord& run) override {
    absl::MutexLock lock(&mutex);
    runs.push_back(run);
    return runs.size();
  }
  absl::StatusOr<std::vector<RunRecord>> List(std::optional<uint64_t>, int) override { return runs; }
  absl::Mutex mutex;
  std::vector<RunRecord> runs;
};

TEST(AuditorTest, BalancesWhileDeadLettersAreRetriedAllAlong) {
  FaultPlan plan;
  FakeBatchLedger ledger(plan);
  FakeBookKeeper keeper;
  keeper.books.recorded = keeper.books.dead_lettered = 1000;
  keeper.books.dead_letters = 1000;
  keeper.retries = 1000;
  Auditor auditor(ledger, keeper);
  const absl::StatusOr<AuditReport> report = auditor.Audit();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->difference(), 0);
}

TEST(AuditorTest, BalancesAHalfAppliedBatchAmongLiveViewsAndOthers) {
  FaultPlan plan;
  FakeBatchLedger ledger(plan);
  for (uint64_t id = 1; id <= 4; ++id) ledger.Record(id, 10);
  ASSERT_TRUE(ledger.Seal().ok());
  ledger.Record(9, 3);
  ledger.live["8"] = "5";  // by somebody else
  FakeBookKeeper keeper;
  keeper.books.position = {.epoch = 1, .through_id = 2};
  keeper.books.applied = 20;
  Auditor auditor(ledger, keeper);
  const absl::StatusOr<AuditReport> report = auditor.Audit();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->recorded, 43);
  EXPECT_EQ(report->added_by_others, 5);
  EXPECT_EQ(report->applied, 20);
  EXPECT_EQ(report->sealed, 20);
  EXPECT_EQ(report->live, 8);
  EXPECT_EQ(report->difference(), 0);
}

TEST(AuditorTest, DoesNotCountABatchTwiceThatMysqlHasAndRedisStillHolds) {
  FaultPlan plan;
  FakeBatchLedger ledger(plan);
  ledger.Record(1, 10);
  ASSERT_TRUE(ledger.Seal().ok());
  FakeBookKeeper keeper;
  keeper.books = {.position = {.epoch = 2}, .recorded = 10, .applied = 10, .recorded_here = 10};
  const absl::StatusOr<AuditReport> report = Auditor(ledger, keeper).Audit();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->sealed, 0);
  EXPECT_EQ(report->difference(), 0);
}

TEST(AuditorTest, ShowsViewsThatWereTakenOutOfRedis) {
  FaultPlan plan;
  FakeBatchLedger ledger(plan);
  ledger.Record(1, 10);
  ledger.Record(2, 4);
  ledger.live.erase("1");
  FakeBookKeeper keeper;
  const absl::StatusOr<AuditReport> report = Auditor(ledger, keeper).Audit();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->difference(), 10);
}

TEST(AuditorTest, ShowsABatchThatVanished) {
  FaultPlan plan;
  FakeBatchLedger ledger(plan);
  ledger.Record(1, 10);
  ASSERT_TRUE(ledger.Seal().ok());
  ledger.sealed.clear();
  FakeBookKeeper keeper;
  const absl::StatusOr<AuditReport> report = Auditor(ledger, keeper).Audit();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->difference(), 10);
}

TEST(AuditorTest, ReadsAgainWhileBatchesMoveAndGivesUpInTheEnd) {
  FaultPlan plan;
  FakeBatchLedger ledger(plan);
  FakeBookKeeper keeper;
  keeper.moves = 3;
  EXPECT_TRUE(Auditor(ledger, keeper).Audit().ok());
  keeper.moves = 1000;
  EXPECT_EQ(Auditor(ledger, keeper).Audit().status().code(), absl::StatusCode::kAborted);
}

TEST(TrafficTest, IsBusyForAWhileAfterMoreViewsThanTheLimit) {
  FakeClock clock;
  Traffic traffic(100, clock);
  const auto see = [&](int64_t recorded, uint64_t life = 7) {
    clock.Advance(Traffic::kLinger / 2);
    traffic.Seen({.state = {.life = life, .epoch = 1}, .recorded = recorded});
  };
  EXPECT_FALSE(traffic.Busy());
  see(1000);
  EXPECT_FALSE(traffic.Busy()) << "one reading says nothing of the rate";
  see(1150);
  EXPECT_FALSE(traffic.Busy()) << "as many as the limit";
  see(1301);
  EXPECT_TRUE(traffic.Busy());
  see(1301);
  EXPECT_TRUE(traffic.Busy());
  see(1301);
  EXPECT_FALSE(traffic.Busy());
  see(5000, 8);
  EXPECT_FALSE(traffic.Busy()) << "a new life counts anew";
  see(5151, 8);
  EXPECT_TRUE(traffic.Busy());
}

TEST(TrafficTest, LeavesOutReadingsThatFollowTooClosely) {
  FakeClock clock;
  Traffic traffic(100, clock);
  traffic.Seen({.state = {.life = 7, .epoch = 1}, .recorded = 0});
  clock.Advance(absl::Milliseconds(1));
  traffic.Seen({.state = {.life = 7, .epoch = 1}, .recorded = 5});
  EXPECT_FALSE(traffic.Busy());
  clock.Advance(absl::Milliseconds(99));
  traffic.Seen({.state = {.life = 7, .epoch = 1}, .recorded = 11});
  EXPECT_TRUE(traffic.Busy());
}

TEST(TickerTest, RunsAtOnceThenEveryIntervalLessTheRunsOwnTime) {
  FakeClock clock;
  ManualSleeper sleeper;
  absl::BlockingCounter ran(3);
  int runs = 0;
  Ticker ticker(
      {.interval = absl::Seconds(10)}, clock, sleeper,
      [&] {
        if (runs++ < 3) ran.DecrementCount();
        clock.Advance(absl::Seconds(3));
        return absl::OkStatus();
      },
      [](absl::Time) {});
  EXPECT_EQ(sleeper.Wake(), absl::Seconds(7));
  EXPECT_EQ(sleeper.Wake(), absl::Seconds(7));
  ran.Wait();
  EXPECT_EQ(runs, 3);
}

TEST(TickerTest, ComesBackSoonerAfterAFailure) {
  FakeClock clock;
  ManualSleeper sleeper;
  std::atomic<bool> fails = true;
  std::atomic<int> announced = 0;
  Ticker ticker(
      {.interval = absl::Seconds(10), .backoff = {.first = absl::Milliseconds(100)}}, clock, sleeper,
      [&] { return fails ? absl::UnavailableError("away") : absl::OkStatus(); },
      [&](absl::Time) { ++announced; });
  EXPECT_LE(sleeper.Wake(), absl::Milliseconds(100));
  EXPECT_LE(sleeper.Wake(), absl::Milliseconds(200));
  fails = false;
  sleeper.Wake();
  EXPECT_EQ(sleeper.Wake(), absl::Seconds(10));
  EXPECT_GE(announced, 4);
}

TEST(StatusBoardTest, TellsWatchersAtOnceAndAtEveryChange) {
  FakeClock clock;
  StatusBoard board(clock);
  std::vector<SyncPhase> seen;
  const uint64_t handle = board.Watch([&](const SyncSnapshot& snapshot) { seen.push_back(snapshot.phase); });
  board.OnStep(RunStep::kSeal, {.life = 7, .epoch = 1});
  board.OnStep(RunStep::kApply, {.life = 7, .epoch = 2});
  board.Unwatch(handle);
  board.OnStep(RunStep::kRelease, {.life = 7, .epoch = 2});
  EXPECT_THAT(seen, ::testing::ElementsAre(SyncPhase::kIdle, SyncPhase::kSealing, SyncPhase::kApplying));
  EXPECT_EQ(board.Read().phase, SyncPhase::kReleasing);
}

TEST(StatusBoardTest, CountsTheLagFromTheLastMomentAtWhichNothingWasPending) {
  FakeClock clock;
  StatusBoard board(clock);
  clock.Advance(absl::Seconds(100));
  board.PendingSeen({.state = {.life = 7, .epoch = 1}, .fields = 0});
  EXPECT_EQ(board.Read().lag, absl::ZeroDuration());
  clock.Advance(absl::Seconds(4));
  board.PendingSeen({.state = {.life = 7, .epoch = 1}, .fields = 3});
  clock.Advance(absl::Seconds(2));
  EXPECT_EQ(board.Read().lag, absl::Seconds(6));
  EXPECT_EQ(board.Read().pending_articles, 3u);
  board.RunStarted();
  board.RunEnded({.succeeded = true});
  EXPECT_EQ(board.Read().lag, absl::ZeroDuration());
}

TEST(StatusBoardTest, KeepsTheErrorUntilARunSucceeds) {
  FakeClock clock;
  StatusBoard board(clock);
  board.RunEnded({.error = "Redis is away"});
  board.RunEnded({.error = "Redis is still away"});
  EXPECT_EQ(board.Read().phase, SyncPhase::kBackingOff);
  EXPECT_EQ(board.Read().last_error, "Redis is still away");
  EXPECT_EQ(board.Read().consecutive_failures, 2u);
  board.RunEnded({.succeeded = true});
  EXPECT_EQ(board.Read().last_error, "");
  EXPECT_EQ(board.Read().consecutive_failures, 0u);
}

class SyncRunnerTest : public ::testing::Test {
 protected:
  FaultPlan plan_;
  FakeClock clock_;
  JumpingSleeper sleeper_{clock_};
  FakeBatchLedger ledger_{plan_};
  FakeBatchStore store_{plan_};
  FakeBookKeeper keeper_;
  FakeHistory history_;
  StatusBoard board_{clock_};
  Traffic traffic_{100, clock_};
  Pace pace_{{}, traffic_, clock_, sleeper_};
  Engine engine_{{}, ledger_, store_, pace_, sleeper_};
  Auditor auditor_{ledger_, keeper_};
};

TEST_F(SyncRunnerTest, WhoComesDuringARunSharesTheNext) {
  absl::Notification reading, go_on;
  ledger_.Record(1, 5);
  ledger_.after_read = [&] {
    reading.Notify();
    go_on.WaitForNotification();
  };
  constexpr int kWaiting = 10;
  absl::BlockingCounter answered(kWaiting + 1);
  std::atomic<int> failed = 0;
  SyncRunner runner(engine_, auditor_, history_, board_, clock_);
  const auto count = [&](const absl::StatusOr<RunRecord>& run) {
    if (!run.ok()) ++failed;
    answered.DecrementCount();
  };
  ASSERT_TRUE(runner.Run("first", count).ok());
  reading.WaitForNotification();
  for (int i = 0; i < kWaiting; ++i) ASSERT_TRUE(runner.Run("waiting", count).ok());
  go_on.Notify();
  answered.Wait();
  EXPECT_EQ(failed, 0);
  absl::MutexLock lock(&history_.mutex);
  ASSERT_EQ(history_.runs.size(), 2u);
  EXPECT_EQ(history_.runs[0].views, 5);
  EXPECT_EQ(history_.runs[1].requested_by, "waiting");
}

TEST_F(SyncRunnerTest, KeepsNoIdleRunOfTheTimerButEveryOther) {
  SyncRunner runner(engine_, auditor_, history_, board_, clock_);
  for (const char* name : {"timer", "me"}) {
    absl::Notification answered;
    ASSERT_TRUE(runner
                    .Run(name,
                         [&](const absl::StatusOr<RunRecord>& run) {
                           EXPECT_TRUE(run.ok());
                           answered.Notify();
                         })
                    .ok());
    answered.WaitForNotification();
  }
  absl::MutexLock lock(&history_.mutex);
  ASSERT_EQ(history_.runs.size(), 1u);
  EXPECT_EQ(history_.runs[0].requested_by, "me");
}

TEST_F(SyncRunnerTest, TellsWhyARunFailed) {
  plan_.at = 1;  // the first one looks for traffic, which need not succeed
  SyncRunner runner(engine_, auditor_, history_, board_, clock_);
  absl::Notification answered;
  ASSERT_TRUE(runner
                  .Run("me",
                       [&](const absl::StatusOr<RunRecord>& run) {
                         EXPECT_EQ(run.status().code(), absl::StatusCode::kUnavailable);
                         EXPECT_THAT(std::string(run.status().message()),
                                     ::testing::HasSubstr("Redis is away"));
                         answered.Notify();
                       })
                  .ok());
  answered.WaitForNotification();
}

TEST_F(SyncRunnerTest, TakesOnlySoManyAudits) {
  absl::Notification begin;
  absl::Mutex mutex;
  int audited = 0, refused = 0;
  {
    SyncRunner runner(engine_, auditor_, history_, board_, clock_);
    // Holds the thread, so that every audit waits.
    ASSERT_TRUE(
        runner.Run("me", [&](const absl::StatusOr<RunRecord>&) { begin.WaitForNotification(); }).ok());
    for (size_t i = 0; i < SyncRunner::kMaxWaitingAudits + 3; ++i) {
      runner.Audit([&](const absl::StatusOr<AuditReport>& report) {
        absl::MutexLock lock(&mutex);
        ++(absl::IsResourceExhausted(report.status()) ? refused : audited);
      });
    }
    {
      absl::MutexLock lock(&mutex);
      EXPECT_GE(refused, 2);
    }
    begin.Notify();
  }
  EXPECT_EQ(audited + refused, static_cast<int>(SyncRunner::kMaxWaitingAudits) + 3);
  EXPECT_GE(audited, static_cast<int>(SyncRunner::kMaxWaitingAudits) - 1);
}

}  // namespace
}  // namespace readcount
