#include "services/article/article_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "services/article/sqlite_spool.h"
#include "services/common/metrics/exposition.h"
#include "tests/fakes/clock.h"
#include "tests/fakes/life_registry.h"
#include "tests/fakes/view_ledger.h"
#include "tests/support/metrics.h"
#include "tests/support/temp_dir.h"

namespace readcount {
namespace {

using testing::Scrape;

constexpr uint64_t kSpoolBytes = 1 << 20;
constexpr char kRecorded[] = R"(readcount_views_total{outcome="recorded"})";
constexpr char kHeld[] = R"(readcount_views_total{outcome="held"})";
constexpr char kRefused[] = R"(readcount_views_total{outcome="refused"})";
constexpr char kUnknown[] = R"(readcount_views_total{outcome="unknown"})";

// A recorder on a ledger that fails as told, and what its metrics say.
class ArticleMetricsTest : public ::testing::Test {
 protected:
  using Fault = FakeViewLedger::Fault;

  // A process on the spool; 0 is none.
  void Start(uint64_t spool_writer, ViewRecorder::Settings settings = {}) {
    recorder_.reset();
    spool_.reset();
    std::vector<SpooledWriter> left;
    settings.writer = 1;
    if (spool_writer != 0) {
      spool_ = *SqliteSpool::Open(directory_.path("spool.db"), kSpoolBytes);
      left = *spool_->Load();
      settings.writer = spool_writer;
    }
    recorder_ =
        std::make_unique<ViewRecorder>(settings, ledger_, registry_, spool_.get(), left, clock_, sleeper_);
    status_ = std::make_unique<ArticleStatusReader>(
        ArticleStatusReader::Bounds{.spool_max_bytes = kSpoolBytes, .journal_max_entries = 100}, *recorder_,
        spool_.get(), durability_);
    status_->MysqlSeen(absl::OkStatus());
    metrics_ = std::make_unique<ArticleMetrics>(*status_, *recorder_, cache_);
  }

  void Submit(ViewRecorder::Ids ids, bool record = true) {
    std::promise<void> answered;
    const absl::Status taken = recorder_->Submit(
        std::move(ids), record, [&](const absl::StatusOr<RecordedViews>&) { answered.set_value(); });
    ASSERT_TRUE(taken.ok()) << taken;
    answered.get_future().wait();
  }
  void LoseRedis(Fault fault = Fault::kRefused) { ledger_.Inject(std::deque<Fault>(1000, fault)); }
  void FindRedis() {
    ledger_.Inject({});
    clock_.Advance(absl::Seconds(10));
  }
  Scrape Read() const {
    const MetricSource* const sources[] = {metrics_.get()};
    return testing::ParseMetrics(RenderMetrics(sources));
  }

  testing::TempDir directory_;
  FakeClock clock_;
  JumpingSleeper sleeper_{clock_};
  FakeViewLedger ledger_;
  FakeLifeRegistry registry_;
  ArticleCache cache_{
      {.bytes = 1000, .absent_capacity = 2, .ttl = absl::Seconds(10), .absent_ttl = absl::Seconds(1)},
      clock_};
  DurabilityMonitor durability_{{}, [] { return RedisFacts(); }, [] { return MysqlFacts(); }, clock_};
  std::unique_ptr<SqliteSpool> spool_;
  std::unique_ptr<ViewRecorder> recorder_;
  std::unique_ptr<ArticleStatusReader> status_;
  std::unique_ptr<ArticleMetrics> metrics_;
};

TEST_F(ArticleMetricsTest, EveryViewIsInOneOutcome) {
  Start(0, {.retry_for = absl::Seconds(1)});
  Submit({5, 6, 5});
  Submit({5}, /*record=*/false);
  LoseRedis();
  Submit({5, 6});
  FindRedis();
  Submit({7});
  LoseRedis(Fault::kLostReply);
  Submit({5, 5, 5, 5});
  const Scrape scrape = Read();
  EXPECT_EQ(scrape.Value(kRecorded), 4);
  EXPECT_EQ(scrape.Value(kRefused), 2);
  EXPECT_EQ(scrape.Value(kUnknown), 4);
  EXPECT_EQ(scrape.Value(kHeld), 0);
  EXPECT_EQ(scrape.Value("readcount_record_batch_views_count"), 4) << "asking is no batch of views";
  EXPECT_EQ(scrape.Value("readcount_record_batch_views_sum"), 10);
}

TEST_F(ArticleMetricsTest, ViewsThatFindNoPlaceInTheQueueAreRefused) {
  Start(0, {.max_batch = 1, .max_queued = 1});
  ledger_.Close();
  const auto ignore = [](const absl::StatusOr<RecordedViews>&) {};
  ASSERT_TRUE(recorder_->Submit({1}, true, ignore).ok());
  ASSERT_TRUE(recorder_->Submit({1}, true, ignore).ok());
  EXPECT_FALSE(recorder_->Submit({2, 3}, true, ignore).ok());
  EXPECT_FALSE(recorder_->Submit({2, 3}, false, ignore).ok());
  EXPECT_EQ(Read().Value(kRefused), 2);
  ledger_.Open();
}

TEST_F(ArticleMetricsTest, HeldViewsStandInTheSpoolUntilTheyAreRecorded) {
  Start(1);
  Submit({5});
  LoseRedis();
  Submit({5, 5, 6});
  const Scrape away = Read();
  EXPECT_EQ(away.Value(R"(readcount_mode{mode="redis_away_views_held"})"), 1);
  EXPECT_EQ(away.Value(R"(readcount_mode{mode="normal"})"), 0);
  EXPECT_EQ(away.Value(kHeld), 3);
  EXPECT_EQ(away.Value("readcount_spool_views"), 3);
  EXPECT_GT(away.Value("readcount_spool_bytes"), 0);
  EXPECT_EQ(away.Value("readcount_spool_max_bytes"), kSpoolBytes);
  EXPECT_EQ(away.Value("readcount_replayed_views_total"), 0);
  FindRedis();
  Submit({5});
  const Scrape back = Read();
  EXPECT_EQ(back.Value(R"(readcount_mode{mode="normal"})"), 1);
  EXPECT_EQ(back.Value("readcount_spool_views"), 0);
  EXPECT_EQ(back.Value("readcount_replayed_views_total"), 3);
  EXPECT_EQ(back.Value(kHeld), 3);
  EXPECT_EQ(back.Value(kRecorded), 2);
}

TEST_F(ArticleMetricsTest, WhatPredecessorsLeftStaysCountedWhenTheyAreGone) {
  Start(1);
  Submit({5});
  LoseRedis();
  Submit({5, 6});
  Start(2);
  FindRedis();
  Submit({5});
  EXPECT_EQ(Read().Value("readcount_replayed_views_total"), 2);
  for (const uint64_t writer : {1, 2}) registry_.SetSeqs(7, writer, 100, 100);
  // What MySQL has is read on another thread, this process' own part before the others', and taken by a later
  // batch: when the second round's own part has been taken, the whole first round has.
  for (const uint64_t epoch : {2, 3}) {
    registry_.SetPosition(7, {.epoch = epoch});
    ledger_.Seal();
    ledger_.Release();
    Submit({5});
    while (Read().Value("readcount_journal_entries") > 0) Submit({5}, /*record=*/false);
  }
  Submit({5}, /*record=*/false);
  EXPECT_EQ(Read().Value("readcount_replayed_views_total"), 2) << "a counter never goes down";
}

TEST_F(ArticleMetricsTest, TellTheJournalAndWhatItForgot) {
  Start(0, {.journal_entries = 3});
  Submit({1, 2});
  Submit({3, 4});
  const Scrape scrape = Read();
  EXPECT_EQ(scrape.Value("readcount_journal_entries"), 2);
  EXPECT_EQ(scrape.Value("readcount_journal_max_entries"), 100);
  EXPECT_EQ(scrape.Value("readcount_journal_forgotten_views_total"), 2);
}

TEST_F(ArticleMetricsTest, TellHowTheCacheDoes) {
  Start(0);
  const auto put = [&](uint64_t id) {
    auto article = std::make_shared<Article>();
    article->id = id;
    cache_.Put({.id = article->id, .article = article});
  };
  cache_.Find(1, true);
  put(1);
  cache_.Find(1, true);
  cache_.Find(1, true);
  clock_.Advance(absl::Seconds(11));
  cache_.Find(1, true);
  cache_.PutAbsent(2);
  cache_.Find(2, true);
  clock_.Advance(absl::Seconds(2));
  cache_.Find(2, true);
  for (uint64_t id = 10; id < 20; ++id) put(id);
  const Scrape scrape = Read();
  EXPECT_EQ(scrape.Value(R"(readcount_cache_lookups_total{result="miss"})"), 2);
  EXPECT_EQ(scrape.Value(R"(readcount_cache_lookups_total{result="hit"})"), 2);
  EXPECT_EQ(scrape.Value(R"(readcount_cache_lookups_total{result="expired"})"), 1);
  EXPECT_EQ(scrape.Value(R"(readcount_cache_lookups_total{result="absent"})"), 1);
  EXPECT_EQ(scrape.Value(R"(readcount_cache_loads_total{result="article"})"), 11);
  EXPECT_EQ(scrape.Value(R"(readcount_cache_loads_total{result="absent"})"), 1);
  EXPECT_EQ(scrape.Value("readcount_cache_articles") + scrape.Value("readcount_cache_evictions_total"), 11);
  EXPECT_GT(scrape.Value("readcount_cache_evictions_total"), 0);
  EXPECT_GT(scrape.Value("readcount_cache_bytes"), 0);
  EXPECT_EQ(scrape.Value("readcount_cache_max_bytes"), 1000);
}

}  // namespace
}  // namespace readcount
