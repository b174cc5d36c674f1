#include "services/syncer/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/fakes/batch_ledger.h"
#include "tests/fakes/batch_store.h"
#include "tests/fakes/clock.h"

namespace readcount {
namespace {

class CountingObserver final : public RunObserver {
 public:
  void OnStep(RunStep step, const LedgerState&) override { steps.push_back(step); }
  void OnBatch(uint64_t articles, WideViews) override { total += articles; }
  void OnProgress(uint64_t articles, WideViews) override {
    done += articles;
    if (on_progress != nullptr) on_progress();
  }

  std::function<void()> on_progress;

  std::vector<RunStep> steps;
  uint64_t total = 0, done = 0;
};

class EngineTest : public ::testing::Test {
 protected:
  RunReport Run() {
    Engine engine({}, ledger_, store_, pace_, sleeper_);
    return engine.Run(observer_);
  }
  // 25 articles: three chunks.
  void RecordViews() {
    for (uint64_t id = 1; id <= 25; ++id) ledger_.Record(id, static_cast<int64_t>(id));
  }
  static constexpr int kViews = 25 * 26 / 2;

  FaultPlan plan_;
  FakeClock clock_;
  JumpingSleeper sleeper_{clock_};
  FakeBatchLedger ledger_{plan_};
  FakeBatchStore store_{plan_};
  Traffic traffic_{100, clock_};
  Pace pace_{{.chunk_articles = 10, .busy_chunk_articles = 4}, traffic_, clock_, sleeper_};
  CountingObserver observer_;
};

TEST_F(EngineTest, MovesABatchInBoundedChunks) {
  RecordViews();
  const RunReport report = Run();
  ASSERT_TRUE(report.status.ok()) << report.status;
  EXPECT_EQ(report.articles, 25u);
  EXPECT_EQ(report.views, kViews);
  EXPECT_EQ(report.batches, 1u);
  EXPECT_FALSE(report.resumed);
  EXPECT_EQ(store_.Applied(), kViews);
  EXPECT_EQ(store_.largest_chunk, 10u);
  EXPECT_EQ(ledger_.state.sealed_epoch, 0u);
  EXPECT_EQ(observer_.done, 25u);
  EXPECT_EQ(store_.leases, 0);
}

TEST_F(EngineTest, DoesNothingWhenNothingIsPending) {
  const RunReport report = Run();
  EXPECT_TRUE(report.status.ok());
  EXPECT_EQ(report.batches, 0u);
  EXPECT_EQ(store_.applies, 0);
}

TEST_F(EngineTest, CountsEveryViewOnceWhateverStepFailsAndHowever) {
  int steps = 0;
  for (const FaultPlan::Kind kind : {FaultPlan::Kind::kBefore, FaultPlan::Kind::kAfter}) {
    for (int at = 0; at < 12; ++at) {
      SCOPED_TRACE(absl::StrCat("step ", at, kind == FaultPlan::Kind::kBefore ? " before" : " after"));
      FaultPlan plan{.at = at, .kind = kind};
      FakeBatchLedger ledger(plan);
      FakeBatchStore store(plan);
      Traffic traffic(100, clock_);
      Pace pace({.chunk_articles = 10}, traffic, clock_, sleeper_);
      Engine engine({}, ledger, store, pace, sleeper_);
      for (uint64_t id = 1; id <= 25; ++id) ledger.Record(id, static_cast<int64_t>(id));
      ledger.live["no id"] = "5";
      engine.Run(observer_).status.IgnoreError();
      steps = std::max(steps, plan.steps);
      plan.at = -1;
      // Views go on coming while the syncer is away.
      ledger.Record(3, 100);
      ASSERT_TRUE(engine.Run(observer_).status.ok());
      EXPECT_EQ(store.Applied(), kViews + 100);
      EXPECT_EQ(store.strays.size(), 1u);
      EXPECT_EQ(store.recorded, kViews + 100);
      EXPECT_TRUE(ledger.live.empty() && ledger.sealed.empty());
    }
  }
  EXPECT_GE(steps, 9) << "the plan must reach every step of a run";
}

TEST_F(EngineTest, ReportsEachStrayOnceThoughItsBurialIsRepeated) {
  int repeated = 0;
  for (int at = 0; at < 8; ++at) {
    FaultPlan plan{.at = at, .kind = FaultPlan::Kind::kAfter};
    FakeBatchLedger ledger(plan);
    FakeBatchStore store(plan);
    Engine engine({}, ledger, store, pace_, sleeper_);
    for (int i = 0; i < 1500; ++i) ledger.live[absl::StrCat("no id ", i)] = "5";
    const RunReport report = engine.Run(observer_);
    if (!report.status.ok()) continue;
    EXPECT_EQ(report.dead_letters, 1500u) << "step " << at;
    repeated += store.burials > 2 ? 1 : 0;
  }
  EXPECT_GT(repeated, 0) << "the plan must reach a burial";
}

TEST_F(EngineTest, StopsAfterTheChunkItIsAtAndTheNextRunGoesOn) {
  RecordViews();
  Engine engine({}, ledger_, store_, pace_, sleeper_);
  observer_.on_progress = [&] { engine.Stop(); };
  EXPECT_EQ(engine.Run(observer_).status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(observer_.done, 10u);
  observer_.on_progress = nullptr;
  const RunReport report = Run();
  EXPECT_TRUE(report.resumed);
  EXPECT_EQ(store_.Applied(), kViews);
}

TEST_F(EngineTest, FinishesABatchLeftBehindAndThenTheOneAfterIt) {
  RecordViews();
  ASSERT_TRUE(ledger_.Seal().ok());
  ledger_.Record(1, 7);
  const RunReport report = Run();
  EXPECT_TRUE(report.status.ok());
  EXPECT_TRUE(report.resumed);
  EXPECT_EQ(report.batches, 2u);
  EXPECT_EQ(store_.Applied(), kViews + 7);
  EXPECT_THAT(observer_.steps, ::testing::ElementsAre(RunStep::kSeal, RunStep::kRecover, RunStep::kRelease,
                                                      RunStep::kSeal, RunStep::kApply, RunStep::kRelease));
}

TEST_F(EngineTest, DropsABatchThatMysqlHas) {
  RecordViews();
  const absl::StatusOr<SealReply> sealed = ledger_.Seal();
  ASSERT_TRUE(sealed.ok());
  store_.standings[7] = {.position = {.epoch = 2}, .batch_name = sealed->batch->name};
  EXPECT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied(), 0);
  EXPECT_EQ(ledger_.state, (LedgerState{.life = 7, .epoch = 2}));
}

TEST_F(EngineTest, GoesOnBehindThePosition) {
  RecordViews();
  const absl::StatusOr<SealReply> sealed = ledger_.Seal();
  ASSERT_TRUE(sealed.ok());
  store_.standings[7] = {.position = {.epoch = 1, .through_id = 20}, .batch_name = sealed->batch->name};
  EXPECT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied(), 21 + 22 + 23 + 24 + 25);
}

// Redis was put back to before a batch that MySQL has, in whole or in part, or to a life that a writer
// closed: what it holds is set aside, and the views of the fresh life are applied.
TEST_F(EngineTest, SetsAnOldCopyAsideAndGoesOnInAFreshLife) {
  for (const Standing& standing :
       {Standing{.position = {.epoch = 2}, .batch_name = 5},
        Standing{.position = {.epoch = 2, .through_id = 3}, .batch_name = 5},
        Standing{.position = {.epoch = 9}, .batch_name = 5},
        Standing{.position = {.epoch = 1, .through_id = 20}, .batch_name = 5}, Standing{.closed = true}}) {
    FaultPlan plan;
    FakeBatchLedger ledger(plan);
    FakeBatchStore store(plan);
    Engine engine({}, ledger, store, pace_, sleeper_);
    for (uint64_t id = 1; id <= 25; ++id) ledger.Record(id, 1);
    store.standings[7] = standing;
    const RunReport report = engine.Run(observer_);
    EXPECT_TRUE(report.status.ok()) << report.status;
    EXPECT_EQ(report.abandoned, 1u);
    EXPECT_EQ(store.Applied(), 0);
    EXPECT_EQ(store.standings[7], standing);
    EXPECT_EQ(ledger.state, (LedgerState{.life = 8, .epoch = 1}));
    ledger.Record(1, 3);
    EXPECT_TRUE(engine.Run(observer_).status.ok());
    EXPECT_EQ(store.Applied(), 3);
  }
}

TEST_F(EngineTest, TellsMysqlWhichBatchesOfEachWriterItHas) {
  RecordViews();
  ledger_.writers = {{.writer = 4, .seq = 12}};
  ASSERT_TRUE(ledger_.Seal().ok());
  ledger_.writers = {{.writer = 4, .seq = 13}};
  EXPECT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.writers, (std::map<uint64_t, uint64_t>{{4, 12}}));
}

TEST_F(EngineTest, TriesAChunkAgainAfterADeadlock) {
  RecordViews();
  store_.refusals = {absl::AbortedError("deadlock"), absl::AbortedError("deadlock")};
  EXPECT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied(), kViews);
  EXPECT_EQ(sleeper_.sleeps().size(), 2u);
}

TEST_F(EngineTest, GivesUpAChunkThatMeetsDeadlocksForEverAndLosesNothing) {
  RecordViews();
  store_.refusals.assign(100, absl::AbortedError("deadlock"));
  EXPECT_EQ(Run().status.code(), absl::StatusCode::kUnavailable);
  store_.refusals.clear();
  EXPECT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied(), kViews);
}

TEST_F(EngineTest, BeginsAChunkOnEachLaneAtOnce) {
  for (const int lanes : {1, 2, 3, 10, 16}) {
    SCOPED_TRACE(lanes);
    FaultPlan plan;
    FakeBatchLedger ledger(plan);
    FakeBatchStore store(plan, lanes);
    store.meeting = std::min(10, lanes);
    Engine engine({}, ledger, store, pace_, sleeper_);
    for (uint64_t id = 1; id <= 95; ++id) ledger.Record(id, 1);
    ASSERT_TRUE(engine.Run(observer_).status.ok());
    EXPECT_EQ(store.Applied(), 95);
    EXPECT_TRUE(store.met);
    EXPECT_EQ(store.begins, 10);
    EXPECT_EQ(store.rollbacks, 0);
  }
}

TEST_F(EngineTest, GivesWayWhileViewsComeIn) {
  traffic_.Seen({.state = ledger_.state});
  clock_.Advance(absl::Milliseconds(100));
  RecordViews();
  store_.on_apply = [this] { clock_.Advance(absl::Milliseconds(3)); };
  ASSERT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied(), kViews);
  EXPECT_EQ(store_.largest_chunk, 4u);
  EXPECT_EQ(store_.begins, 7);
  EXPECT_THAT(sleeper_.sleeps(), ::testing::ElementsAreArray(std::vector(7, absl::Milliseconds(3))))
      << "after each chunk a rest as long as it took";
  EXPECT_THAT(ledger_.pages, ::testing::ElementsAre(BatchLedger::kPageFields / 4));
}

TEST_F(EngineTest, RestsNoLongerThanABoundAfterAChunkThatHadToWait) {
  traffic_.Seen({.state = ledger_.state});
  clock_.Advance(absl::Milliseconds(100));
  ledger_.Record(1, 1000);
  store_.on_apply = [this] { clock_.Advance(absl::Seconds(1)); };
  ASSERT_TRUE(Run().status.ok());
  EXPECT_THAT(sleeper_.sleeps(), ::testing::ElementsAre(absl::Milliseconds(50)));
}

TEST_F(EngineTest, GivesWayOnlySoLong) {
  traffic_.Seen({.state = ledger_.state});
  clock_.Advance(absl::Milliseconds(100));
  RecordViews();
  store_.on_apply = [this] {
    clock_.Advance(absl::Seconds(31));
    ledger_.recorded += 100000;
  };
  ASSERT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied(), kViews);
  EXPECT_EQ(store_.largest_chunk, 10u);
  EXPECT_EQ(store_.applies, 4) << "of 4 articles each in the first minute, then of 10 and of the rest";
}

TEST_F(EngineTest, ReadsABatchInPages) {
  for (uint64_t id = 1; id <= 2 * BatchLedger::kPageFields + 1; ++id) ledger_.Record(id, 1);
  ASSERT_TRUE(Run().status.ok());
  EXPECT_THAT(ledger_.pages, ::testing::ElementsAreArray(std::vector(3, BatchLedger::kPageFields)));
}

TEST_F(EngineTest, GoesOnWithOneLaneIfTheOtherGetsNoConnection) {
  RecordViews();
  store_.begin_refusals = {{2, absl::UnavailableError("too many connections")}};
  ASSERT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied(), kViews);
}

TEST_F(EngineTest, EndsTheRunIfMysqlIsAwayForTheFirstLane) {
  RecordViews();
  store_.begin_refusals = {{1, absl::UnavailableError("away")}, {2, absl::UnavailableError("away")}};
  EXPECT_EQ(Run().status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(store_.Applied(), 0);
  EXPECT_EQ(store_.rollbacks, 0) << "nothing has begun";
  EXPECT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied(), kViews);
}

TEST_F(EngineTest, WorksAtFullSpeedAgainWhenNoMoreViewsCome) {
  traffic_.Seen({.state = ledger_.state});
  clock_.Advance(absl::Milliseconds(100));
  RecordViews();
  store_.on_apply = [this] { clock_.Advance(Traffic::kLinger); };
  ASSERT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied(), kViews);
  EXPECT_EQ(store_.largest_chunk, 10u);
  EXPECT_THAT(sleeper_.sleeps(), ::testing::IsEmpty());
}

TEST_F(EngineTest, UndoesWhatWasBegunBehindAChunkThatFailed) {
  RecordViews();
  store_.refusals = {absl::AbortedError("deadlock")};
  ASSERT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied(), kViews);
  EXPECT_EQ(store_.rollbacks, 1);
  EXPECT_EQ(store_.begins, 3 + 2) << "the one that failed and the one behind it, again";
}

TEST_F(EngineTest, AppliesNothingOfABatchThatLeftRedisWhileItWasRead) {
  RecordViews();
  ledger_.after_read = [this] {
    // Redis comes back empty, with views of a new life.
    ledger_.state = {.life = 8, .epoch = 1};
    ledger_.sealed.clear();
    ledger_.live = {{"2", "4"}};
    ledger_.live_recorded = 4;
  };
  EXPECT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied(), 4);
  EXPECT_EQ(store_.standings[7].position, Position());
  EXPECT_EQ(store_.standings[8].position, (Position{.epoch = 2}));
}

TEST_F(EngineTest, StepsOverBatchesThatVanishedFromRedis) {
  RecordViews();
  ledger_.state.epoch = 5;
  EXPECT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied(), kViews);
  EXPECT_EQ(store_.standings[7].position, (Position{.epoch = 6}));
}

TEST_F(EngineTest, BooksWhatOthersAddedAndTook) {
  RecordViews();
  ledger_.live["30"] = "11";
  EXPECT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.added_by_others, 11);
  RecordViews();
  ledger_.live.erase("25");
  EXPECT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.taken_by_others, 25);
}

TEST_F(EngineTest, TwoEnginesStepByStepDoubleNothing) {
  // A second engine runs whole at each moment at which the first has read its batch.
  RecordViews();
  ledger_.after_read = [this] {
    CountingObserver other;
    Pace other_pace({.chunk_articles = 7}, traffic_, clock_, sleeper_);
    Engine second({}, ledger_, store_, other_pace, sleeper_);
    ASSERT_TRUE(second.Run(other).status.ok());
    ledger_.Record(9, 1000);
  };
  EXPECT_TRUE(Run().status.ok());
  EXPECT_EQ(store_.Applied() + (ledger_.live.empty() ? 0 : 1000), kViews + 1000);
}

TEST(BatchBuilderTest, SortsRemovesDoublesAndKeepsStraysApart) {
  BatchBuilder builder(4);
  for (const auto& [field, value] : std::vector<std::pair<std::string, std::string>>{
           {"20", "2"}, {"3", "-1"}, {"20", "2"}, {"07", "1"}, {"4", "x"}, {"07", "1"}, {"5", "0"}}) {
    builder.Add(field, value);
  }
  const BatchContent content = std::move(builder).Build();
  EXPECT_THAT(content.increments, ::testing::ElementsAre(Increment{3, -1}, Increment{20, 2}));
  EXPECT_EQ(content.views, 1);
  ASSERT_EQ(content.strays.size(), 2u);
  std::set<absl::string_view> reasons;
  for (const DeadLetter& stray : content.strays) reasons.insert(stray.reason);
  EXPECT_THAT(reasons, ::testing::UnorderedElementsAre(kNotAnArticleId, kNotANumber));
}

TEST(DeadLetterTest, CutsLongTextsAndTellsThemApartByTheirHash) {
  const std::string text(10000, 'a');
  const DeadLetter one = MakeDeadLetter(text + "1", text, 0, kNotAnArticleId);
  const DeadLetter two = MakeDeadLetter(text + "2", text, 0, kNotAnArticleId);
  EXPECT_EQ(one.field.size(), DeadLetter::kMaxBytes);
  EXPECT_EQ(one.field, two.field);
  EXPECT_NE(one.field_hash, two.field_hash);
}

}  // namespace
}  // namespace readcount
