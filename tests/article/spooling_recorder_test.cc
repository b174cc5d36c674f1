#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/synchronization/notification.h"
#include "services/article/sqlite_spool.h"
#include "services/article/view_recorder.h"
#include "tests/article/submit.h"
#include "tests/fakes/clock.h"
#include "tests/fakes/life_registry.h"
#include "tests/fakes/view_ledger.h"
#include "tests/support/temp_dir.h"

namespace readcount {
namespace {

// Redis is away in many ways; the spool is a real one.
class SpoolingRecorderTest : public ::testing::Test {
 protected:
  using Fault = FakeViewLedger::Fault;

  // A new process on the same spool.
  void Start(uint64_t writer, ViewRecorder::Settings settings = {}) {
    absl::StatusOr<std::unique_ptr<SqliteSpool>> spool =
        SqliteSpool::Open(directory_.path("spool.db"), max_bytes_);
    ASSERT_TRUE(spool.ok()) << spool.status();
    spool_ = *std::move(spool);
    const absl::StatusOr<std::vector<SpooledWriter>> left = spool_->Load();
    ASSERT_TRUE(left.ok()) << left.status();
    settings.writer = writer;
    recorder_ =
        std::make_unique<ViewRecorder>(settings, ledger_, registry_, spool_.get(), *left, clock_, sleeper_);
  }
  void Kill() {
    recorder_.reset();
    spool_.reset();
  }
  void LoseRedis(Fault fault = Fault::kRefused) { ledger_.Inject(std::deque<Fault>(1000, fault)); }
  void FindRedis() {
    ledger_.Inject({});
    clock_.Advance(absl::Seconds(10));
  }
  absl::StatusOr<RecordedViews> View(uint64_t id) { return SubmitTo(*recorder_, {id}, true); }
  void ExpectHeld(uint64_t id) {
    const absl::StatusOr<RecordedViews> outcome = View(id);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_TRUE(outcome->held);
  }

  testing::TempDir directory_;
  uint64_t max_bytes_ = 1 << 20;
  FakeClock clock_;
  JumpingSleeper sleeper_{clock_};
  FakeViewLedger ledger_;
  FakeLifeRegistry registry_;
  std::unique_ptr<SqliteSpool> spool_;
  std::unique_ptr<ViewRecorder> recorder_;
};

TEST_F(SpoolingRecorderTest, HoldsViewsWhileRedisIsAwayAndRecordsThemFirstWhenItIsBack) {
  Start(1);
  ASSERT_TRUE(View(5).ok());
  LoseRedis();
  for (int i = 0; i < 10; ++i) ExpectHeld(5);
  ExpectHeld(6);
  EXPECT_EQ(recorder_->status().held_views, 11u);
  EXPECT_FALSE(SubmitTo(*recorder_, {5}, false).ok()) << "there is nothing to count with";
  FindRedis();
  const absl::StatusOr<RecordedViews> outcome = View(5);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_FALSE(outcome->held);
  EXPECT_EQ(outcome->views[0].pending.live, 12);
  EXPECT_EQ(ledger_.live(6), 1);
  EXPECT_EQ(recorder_->status().held_views, 0u);
  EXPECT_TRUE(spool_->Load()->empty());
}

TEST_F(SpoolingRecorderTest, WhatAKilledProcessLeftIsRecordedAgainInALifeThatBeginsUnnoticed) {
  Start(1);
  LoseRedis();
  ExpectHeld(5);
  Kill();
  Start(2);
  FindRedis();
  ASSERT_TRUE(View(6).ok());
  ASSERT_EQ(ledger_.live(5), 1);
  ledger_.Empty(8);
  ASSERT_TRUE(View(6).ok()) << "no connection was lost";
  EXPECT_EQ(ledger_.live(5), 1);
  EXPECT_EQ(ledger_.live(6), 2);
}

TEST_F(SpoolingRecorderTest, ALostReplyIsHeldAndCountedOnce) {
  Start(1);
  for (const Fault fault : {Fault::kLostReply, Fault::kLostRequest}) {
    const int64_t before = ledger_.live(5);
    LoseRedis(fault);
    ExpectHeld(5);
    FindRedis();
    ASSERT_TRUE(View(5).ok());
    EXPECT_EQ(ledger_.live(5), before + 2);
  }
}

TEST_F(SpoolingRecorderTest, AnotherProcessRecordsWhatAKilledOneHeld) {
  Start(1);
  ASSERT_TRUE(View(5).ok());
  LoseRedis(Fault::kLostReply);
  ExpectHeld(5);
  ExpectHeld(6);
  Kill();
  Start(2);
  LoseRedis();
  ExpectHeld(5);
  Kill();
  Start(3);
  FindRedis();
  ASSERT_TRUE(View(5).ok());
  EXPECT_EQ(ledger_.live(5), 4);
  EXPECT_EQ(ledger_.live(6), 1);
  Kill();
  Start(4);
  ASSERT_TRUE(View(5).ok());
  EXPECT_EQ(ledger_.live(5), 5) << "what was recorded must not be recorded again";
}

TEST_F(SpoolingRecorderTest, WhatAKilledProcessHeldSurvivesAnEmptiedRedis) {
  Start(1);
  ASSERT_TRUE(View(5).ok());
  LoseRedis();
  ExpectHeld(5);
  Kill();
  ledger_.Empty(8);
  Start(2);
  FindRedis();
  ASSERT_TRUE(View(6).ok());
  EXPECT_EQ(ledger_.live(5), 1) << "the first view was in the memory of a process that is gone";
  EXPECT_TRUE(registry_.closed(7));
}

TEST_F(SpoolingRecorderTest, KeepsEverythingIfItIsToldTo) {
  Start(1, {.keep_journal = true});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(View(5).ok());
  registry_.SetSeqs(7, 1, 1, 1);
  Kill();
  ledger_.Empty(8);
  Start(2, {.keep_journal = true});
  ASSERT_TRUE(View(6).ok());
  EXPECT_EQ(ledger_.live(5), 2) << "MySQL has one of the three";
}

TEST_F(SpoolingRecorderTest, RefusesViewsAtItsBoundAndLosesNone) {
  Start(1);
  ASSERT_TRUE(View(1'000'000).ok());
  LoseRedis();
  int64_t held = 0;
  absl::Status refusal;
  for (uint64_t id = 1; refusal.ok() && id < 200'000; id += 500) {
    ViewRecorder::Ids ids;
    for (uint64_t i = 0; i < 500; ++i) ids.push_back(id + i);
    refusal = SubmitTo(*recorder_, ids, true).status();
    if (refusal.ok()) held += 500;
  }
  EXPECT_EQ(refusal.code(), absl::StatusCode::kResourceExhausted) << refusal;
  EXPECT_THAT(std::string(refusal.message()), ::testing::HasSubstr("spool_max_bytes"));
  EXPECT_GT(held, 1000);
  FindRedis();
  ASSERT_TRUE(View(1'000'000).ok());
  EXPECT_EQ(ledger_.live_total(), held + 2);
}

TEST(SqliteSpoolTest, BelongsToOneProcess) {
  testing::TempDir directory;
  const absl::StatusOr<std::unique_ptr<SqliteSpool>> one = SqliteSpool::Open(directory.path("s"), 1 << 20);
  ASSERT_TRUE(one.ok()) << one.status();
  const absl::Status other = SqliteSpool::Open(directory.path("s"), 1 << 20).status();
  EXPECT_EQ(other.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.message()), ::testing::HasSubstr("a spool of its own"));
  EXPECT_FALSE(SqliteSpool::Open(directory.path("absent/s"), 1 << 20).ok());
}

TEST(SqliteSpoolTest, TrimsWhatMysqlHasAlsoAmongIdsOfTheUpperHalf) {
  constexpr uint64_t kGreat = uint64_t{1} << 63;
  testing::TempDir directory;
  const absl::StatusOr<std::unique_ptr<SqliteSpool>> spool = SqliteSpool::Open(directory.path("s"), 1 << 20);
  ASSERT_TRUE(spool.ok()) << spool.status();
  ASSERT_TRUE((*spool)
                  ->Add(~uint64_t{0}, {{1, 5, 1}, {2, 5, 2}, {2, kGreat, 3}, {2, kGreat + 9, 4}, {3, 5, 5}})
                  .ok());
  ASSERT_TRUE(
      (*spool)
          ->Trim(~uint64_t{0}, {.position = {.epoch = 4, .through_id = kGreat}, .seq = 1, .batch_seq = 2})
          .ok());
  const absl::StatusOr<std::vector<SpooledWriter>> left = (*spool)->Load();
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ(left->front().writer, ~uint64_t{0});
  EXPECT_THAT(left->front().views,
              ::testing::ElementsAre(SpooledViews{2, kGreat + 9, 4}, SpooledViews{3, 5, 5}));
}

}  // namespace
}  // namespace readcount
