// Which thread waits for Redis: the one that asks for a single id while nobody else does, else the
// recorder's.
#include <gtest/gtest.h>

#include <deque>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "services/article/sqlite_spool.h"
#include "tests/article/recorder_fixture.h"
#include "tests/support/temp_dir.h"

namespace readcount {
namespace {

class LoneCallerTest : public RecorderTest {
 protected:
  using Waits = ViewRecorder::Waits;

  static constexpr absl::Duration kCall = absl::Milliseconds(2);

  struct Answer {
    std::thread::id asker;
    absl::StatusOr<RecordedViews> outcome;
    absl::Notification came;
  };

  LoneCallerTest() {
    ledger_.DuringCalls([this] { clock_.Advance(kCall); });
  }

  static void Ask(ViewRecorder& recorder, ViewRecorder::Ids ids, Answer& answer, Waits waits = Waits::kHere) {
    const absl::Status taken = recorder.Submit(
        std::move(ids), /*record=*/true,
        [&answer](const absl::StatusOr<RecordedViews>& outcome) {
          answer.asker = std::this_thread::get_id();
          answer.outcome = outcome;
          answer.came.Notify();
        },
        waits);
    EXPECT_TRUE(taken.ok()) << taken;
  }

  bool IsAskedHere(ViewRecorder::Ids ids, Waits waits = Waits::kHere) {
    Answer answer;
    Ask(recorder_, std::move(ids), answer, waits);
    answer.came.WaitForNotification();
    return answer.asker == std::this_thread::get_id();
  }

  // Leaves the recorder at rest, after a single id that was asked for here. Another thread of it may have to
  // come to its end first.
  void StandAlone() {
    for (int tries = 0; tries < 100'000; ++tries) {
      clock_.Advance(kCall);
      if (IsAskedHere({5})) return;
    }
    FAIL() << "a lone caller never asks Redis itself";
  }
};

TEST_F(LoneCallerTest, AsksItselfAfterARestOfMoreThanHalfACall) {
  EXPECT_FALSE(IsAskedHere({5})) << "nothing is known yet of how callers come";
  StandAlone();
  clock_.Advance(kCall / 2);
  EXPECT_FALSE(IsAskedHere({5}));
  StandAlone();
  clock_.Advance(kCall / 2 + absl::Microseconds(1));
  EXPECT_TRUE(IsAskedHere({5}));
}

TEST_F(LoneCallerTest, LeavesItToTheRecorderUnlessItMayWait) {
  StandAlone();
  clock_.Advance(kCall);
  EXPECT_FALSE(IsAskedHere({5}, Waits::kElsewhere));
}

TEST_F(LoneCallerTest, LeavesSeveralIdsToTheRecorder) {
  StandAlone();
  clock_.Advance(kCall);
  EXPECT_FALSE(IsAskedHere({5, 6}));
}

TEST_F(LoneCallerTest, IsNotAloneAfterSeveralIds) {
  for (int i = 0; i < 20; ++i) {
    StandAlone();
    ASSERT_TRUE(Submit({5, 6}, /*record=*/true).ok());
    clock_.Advance(kCall);
    EXPECT_FALSE(IsAskedHere({5}));
  }
}

TEST_F(LoneCallerTest, LeavesARedisThatDidNotAnswerToTheRecorder) {
  StandAlone();
  ledger_.Inject(std::deque<Fault>(1000, Fault::kRefused));
  clock_.Advance(kCall);
  Answer refused;
  Ask(recorder_, {5}, refused);
  refused.came.WaitForNotification();
  EXPECT_EQ(refused.asker, std::this_thread::get_id());
  EXPECT_EQ(refused.outcome.status().code(), absl::StatusCode::kUnavailable);
  ledger_.Inject({});
  clock_.Advance(absl::Seconds(10));
  EXPECT_FALSE(IsAskedHere({5}));
}

TEST_F(LoneCallerTest, LeavesADoubtToTheRecorder) {
  StandAlone();
  clock_.Advance(kCall);
  recorder_.DoubtLedger();
  EXPECT_FALSE(IsAskedHere({5}));
}

TEST_F(LoneCallerTest, LeavesBatchesThatGoToTheSpoolFirstToTheRecorder) {
  const testing::TempDir directory;
  const auto spool = SqliteSpool::Open(directory.path("spool.db"), 1 << 20);
  ASSERT_TRUE(spool.ok()) << spool.status();
  ViewRecorder recorder({.writer = 43, .keep_journal = true}, ledger_, registry_, spool->get(), {}, clock_,
                        sleeper_);
  for (int i = 0; i < 20; ++i) {
    clock_.Advance(kCall);
    Answer answer;
    Ask(recorder, {5}, answer);
    answer.came.WaitForNotification();
    EXPECT_NE(answer.asker, std::this_thread::get_id());
  }
}

TEST_F(LoneCallerTest, IsNotKeptByWhatWasAskedMeanwhile) {
  StandAlone();
  clock_.Advance(kCall);
  const size_t calls = ledger_.batches().size();
  const int64_t views = ledger_.live(5);
  ledger_.Close();
  Answer first, second;
  std::thread lone([&] { Ask(recorder_, {5}, first); });
  const std::thread::id lone_id = lone.get_id();
  ledger_.AwaitCaller();
  Ask(recorder_, {5}, second);
  clock_.Advance(absl::Seconds(1));
  ledger_.Open();
  lone.join();
  first.came.WaitForNotification();
  second.came.WaitForNotification();
  EXPECT_EQ(first.asker, lone_id);
  EXPECT_NE(second.asker, lone_id);
  EXPECT_NE(second.asker, std::this_thread::get_id());
  ASSERT_TRUE(first.outcome.ok() && second.outcome.ok());
  EXPECT_EQ(first.outcome->views[0].pending.live, views + 1);
  EXPECT_EQ(second.outcome->views[0].pending.live, views + 2);
  EXPECT_EQ(ledger_.batches().size(), calls + 2);
}

}  // namespace
}  // namespace readcount
