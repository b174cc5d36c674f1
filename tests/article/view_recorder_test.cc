#include "services/article/view_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/synchronization/notification.h"
#include "services/article/sqlite_spool.h"
#include "tests/article/recorder_fixture.h"
#include "tests/support/temp_dir.h"

namespace readcount {
namespace {

TEST_F(RecorderTest, LearnsTheLifeAndNumbersRepeatsOfAnId) {
  const absl::StatusOr<RecordedViews> outcome = Submit({5, 6, 5}, true);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(recorder_.history(), (History{.life = 7}));
  EXPECT_EQ(ledger_.live(5), 2);
  EXPECT_EQ(outcome->views[0].later_views, 1u);
  EXPECT_EQ(outcome->views[2].later_views, 0u);
  EXPECT_EQ(outcome->views[2].pending.live, 2);
}

TEST_F(RecorderTest, AskingAddsNothingAndTakesNoSeq) {
  ASSERT_TRUE(Submit({5}, false).ok());
  EXPECT_EQ(ledger_.live(5), 0);
  EXPECT_EQ(ledger_.batches().back().seq, 0u);
}

TEST_F(RecorderTest, CountsOnceWhenTheReplyIsLost) {
  ASSERT_TRUE(Submit({5}, true).ok());
  ledger_.Inject({Fault::kLostReply, Fault::kRefused, Fault::kNone, Fault::kLostRequest});
  const absl::StatusOr<RecordedViews> outcome = Submit({5}, true);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(ledger_.live(5), 2);
  EXPECT_EQ(outcome->views[0].pending.live, 2);
}

TEST_F(RecorderTest, WhatArrivesDuringACallGoesInTheNextOne) {
  ASSERT_TRUE(Submit({1}, true).ok());
  ledger_.Close();
  constexpr int kCallers = 20;
  absl::Mutex mutex;
  int answered = 0;
  std::set<int64_t> numbers;
  for (int i = 0; i < kCallers; ++i) {
    ASSERT_TRUE(recorder_
                    .Submit({1}, true,
                            [&](const absl::StatusOr<RecordedViews>& result) {
                              absl::MutexLock lock(&mutex);
                              ++answered;
                              numbers.insert(result->views[0].pending.live - result->views[0].later_views);
                            })
                    .ok());
  }
  ledger_.Open();
  const auto all = [&] { return answered == kCallers; };
  absl::MutexLock lock(&mutex);
  mutex.Await(absl::Condition(&all));
  EXPECT_LE(ledger_.batches().size(), 5u) << "twenty views share a few calls";
  EXPECT_EQ(numbers.size(), size_t{kCallers});
  EXPECT_EQ(*numbers.begin(), 2);
  EXPECT_EQ(*numbers.rbegin(), kCallers + 1);
}

TEST_F(RecorderTest, SaysThatNothingWasCountedWhenRedisRefusesAllAlong) {
  ASSERT_TRUE(Submit({5}, true).ok());
  ledger_.Inject(std::deque<Fault>(1000, Fault::kRefused));
  EXPECT_EQ(Submit({5}, true).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(recorder_.status().redis.ok());
  const size_t calls = ledger_.batches().size();
  EXPECT_EQ(Submit({5}, true).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ledger_.batches().size(), calls) << "until the next attempt callers fail at once";
  ledger_.Inject({});
  clock_.Advance(absl::Seconds(10));
  EXPECT_TRUE(Submit({5}, true).ok());
  EXPECT_TRUE(recorder_.status().redis.ok());
  EXPECT_EQ(ledger_.live(5), 2);
}

TEST_F(RecorderTest, SaysThatTheOutcomeIsUnknownWhenRepliesAreLostAllAlong) {
  ASSERT_TRUE(Submit({5}, true).ok());
  ledger_.Inject(std::deque<Fault>(1000, Fault::kLostReply));
  EXPECT_EQ(Submit({5}, true).status().code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(ledger_.live(5), 2) << "counted once however often it was sent";
}

TEST_F(RecorderTest, RecordsAgainInAnEmptiedRedisWhatMysqlDoesNotHave) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Submit({5, 6}, true).ok());
  // MySQL has the first batch whole and of the second the ids up to 5.
  registry_.SetPosition(7, {.epoch = 2, .through_id = 5});
  registry_.SetSeqs(7, 42, 1, 2);
  ledger_.Empty(8);
  const absl::StatusOr<RecordedViews> outcome = Submit({5}, true);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(ledger_.live(5), 1 + 1);
  EXPECT_EQ(ledger_.live(6), 2);
  EXPECT_EQ(outcome->views[0].pending.live, 2);
  EXPECT_TRUE(registry_.closed(7));
  EXPECT_EQ(recorder_.history().life, 8u);
  EXPECT_EQ(recorder_.status().life_changes, 1u);
}

TEST_F(RecorderTest, RecordsAgainWhatARedisThatWasPutBackHasForgotten) {
  ASSERT_TRUE(Submit({5}, true).ok());
  ledger_.TakeSnapshot();
  ASSERT_TRUE(Submit({5}, true).ok());
  ASSERT_TRUE(Submit({5}, true).ok());
  ledger_.PutBack();
  ledger_.Inject({Fault::kRefused});
  ASSERT_TRUE(Submit({5}, true).ok());
  EXPECT_EQ(ledger_.live(5), 4);
  EXPECT_EQ(ledger_.state().life, 7u);
}

TEST_F(RecorderTest, GivesUpAnOldCopyOfWhatMysqlHasAlready) {
  ASSERT_TRUE(Submit({5}, true).ok());
  ledger_.TakeSnapshot();
  ASSERT_TRUE(Submit({5}, true).ok());
  registry_.SetPosition(7, {.epoch = 2});
  registry_.SetSeqs(7, 42, 2, 2);
  ledger_.PutBack();
  ledger_.Inject({Fault::kRefused});
  ASSERT_TRUE(Submit({5}, true).ok());
  EXPECT_NE(ledger_.state().life, 7u);
  EXPECT_EQ(ledger_.live(5), 1) << "both earlier views are in MySQL";
}

TEST_F(RecorderTest, KnowsAnOldCopyWhileMysqlIsAwayByWhatRedisSaidBefore) {
  ASSERT_TRUE(Submit({5}, true).ok());
  ledger_.TakeSnapshot();
  ledger_.Seal();
  ledger_.Release();
  ASSERT_TRUE(Submit({6}, true).ok());
  ledger_.PutBack();
  registry_.SetAway(true);
  ledger_.Inject({Fault::kLostRequest});
  EXPECT_FALSE(Submit({7}, true).ok()) << "only MySQL can tell what to record in the next life";
  EXPECT_NE(ledger_.state().life, 7u) << "the copy was abandoned";
  registry_.SetAway(false);
  registry_.SetPosition(7, {.epoch = 2});
  registry_.SetSeqs(7, 42, 1, 1);
  clock_.Advance(absl::Seconds(10));
  ASSERT_TRUE(Submit({8}, true).ok());
  EXPECT_EQ(ledger_.live(5), 0) << "MySQL has it";
  EXPECT_EQ(ledger_.live(6), 1);
}

TEST_F(RecorderTest, BringsBackWhatRedisForgotThoughTheConnectionHeld) {
  ASSERT_TRUE(Submit({5}, true).ok());
  ledger_.TakeSnapshot();
  ASSERT_TRUE(Submit({6}, true).ok());
  ASSERT_TRUE(Submit({6}, true).ok());
  ledger_.PutBack();
  const History before = recorder_.history();
  const absl::StatusOr<RecordedViews> outcome = Submit({6}, true);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->views[0].pending.live, 3);
  EXPECT_EQ(ledger_.live_total(), 4);
  EXPECT_NE(recorder_.history(), before);
  EXPECT_EQ(recorder_.status().losses, 1u);
}

TEST_F(RecorderTest, BelievesAMysqlThatAnswersMoreThanWhatRedisSaidBefore) {
  ASSERT_TRUE(Submit({5}, true).ok());
  ledger_.TakeSnapshot();
  ledger_.Seal();
  ledger_.Release();
  ASSERT_TRUE(Submit({6}, true).ok());
  ledger_.PutBack();
  ledger_.Inject({Fault::kLostRequest});
  ASSERT_TRUE(Submit({7}, true).ok()) << "MySQL was put back as well: it has nothing";
  EXPECT_EQ(ledger_.state().life, 7u);
  EXPECT_EQ(ledger_.live_total(), 3);
}

TEST_F(RecorderTest, NamesAnotherHistoryOnceRedisHasForgottenSomething) {
  ASSERT_TRUE(Submit({5}, true).ok());
  ledger_.TakeSnapshot();
  ASSERT_TRUE(Submit({6}, true).ok());
  const History before = recorder_.history();
  ledger_.Inject({Fault::kLostRequest});
  EXPECT_EQ(Submit({7}, true)->history, before) << "a lost connection alone is no loss";
  ledger_.PutBack();
  ledger_.Inject({Fault::kLostRequest});
  const auto after = Submit({8}, true);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->history.life, before.life);
  EXPECT_NE(after->history, before);
  EXPECT_EQ(ledger_.live_total(), 4);
}

TEST_F(RecorderTest, NeverGoesOnInALifeThatIsClosed) {
  ledger_.Empty(9);
  registry_.Close(9, 1).status().IgnoreError();
  ASSERT_TRUE(Submit({5}, true).ok());
  EXPECT_NE(ledger_.state().life, 9u);
  EXPECT_EQ(ledger_.live(5), 1);
}

TEST_F(RecorderTest, ARetryWhoseLifeEndsIsCountedOnceInTheNextOne) {
  ASSERT_TRUE(Submit({5}, true).ok());
  ledger_.Inject({Fault::kLostReply});
  ledger_.EmptyAfterNextCall(8);
  EXPECT_TRUE(Submit({5}, true).ok());
  EXPECT_EQ(ledger_.live(5), 2);
}

TEST_F(RecorderTest, ARetryThatMysqlHasByThenIsNotCountedAgain) {
  ASSERT_TRUE(Submit({5}, true).ok());
  registry_.SetSeqs(7, 42, 2, 2);
  ledger_.Inject({Fault::kLostReply});
  ledger_.EmptyAfterNextCall(8);
  EXPECT_TRUE(Submit({5}, true).ok());
  EXPECT_EQ(ledger_.live(5), 0);
}

TEST_F(RecorderTest, AViewThatDidNotFitIsNotRecordedLater) {
  ledger_.SetFull(5, true);
  const absl::StatusOr<RecordedViews> outcome = Submit({5, 6}, true);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_TRUE(outcome->views[0].pending.refused);
  EXPECT_FALSE(outcome->views[1].pending.refused);
  ledger_.SetFull(5, false);
  ledger_.Empty(8);
  ASSERT_TRUE(Submit({6}, true).ok());
  EXPECT_EQ(ledger_.live(5), 0);
  EXPECT_EQ(ledger_.live(6), 2);
}

TEST_F(RecorderTest, AsksMysqlBeforeItRecordsAgainWhatARedisThatForgotTheWriterMayHave) {
  ASSERT_TRUE(Submit({5}, true).ok());
  registry_.SetAway(true);  // before MySQL has the view, which the recorder may be looking for just now
  registry_.SetSeqs(7, 42, 1, 1);
  ledger_.ForgetWriters();
  ledger_.Inject({Fault::kRefused});
  EXPECT_EQ(Submit({5}, true).status().code(), absl::StatusCode::kUnavailable);
  registry_.SetAway(false);
  clock_.Advance(absl::Seconds(10));
  EXPECT_TRUE(Submit({5}, true).ok());
  EXPECT_EQ(ledger_.live(5), 1 + 1);
}

TEST_F(RecorderTest, WaitsForMysqlBeforeItGoesOnInAnotherLife) {
  ASSERT_TRUE(Submit({5}, true).ok());
  ledger_.Empty(8);
  registry_.SetAway(true);
  EXPECT_EQ(Submit({5}, true).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ledger_.live(5), 0);
  registry_.SetAway(false);
  clock_.Advance(absl::Seconds(10));
  EXPECT_TRUE(Submit({5}, true).ok());
  EXPECT_EQ(ledger_.live(5), 2);
}

}  // namespace
}  // namespace readcount
