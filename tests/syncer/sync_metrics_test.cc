#include "services/syncer/sync_metrics.h"

#include <gtest/gtest.h>

#include "services/common/metrics/exposition.h"
#include "tests/fakes/clock.h"
#include "tests/support/metrics.h"

namespace readcount {
namespace {

using testing::Scrape;

class SyncMetricsTest : public ::testing::Test {
 protected:
  Scrape Read() const {
    const MetricSource* const sources[] = {&metrics_};
    return testing::ParseMetrics(RenderMetrics(sources));
  }
  double Mode(const std::string& mode) const { return Read().Value("readcount_mode{mode=\"" + mode + "\"}"); }

  FakeClock clock_;
  StatusBoard board_{clock_};
  DeadLetterTally letters_;
  LetterTally left_;
  AuthTally auth_;
  SyncMetrics metrics_{board_, letters_, left_, auth_};
};

TEST_F(SyncMetricsTest, TheModeNamesTheServerThatIsAwayRedisFirst) {
  metrics_.ServersSeen(true, true);
  EXPECT_EQ(Mode("normal"), 1);
  metrics_.ServersSeen(true, false);
  EXPECT_EQ(Mode("mysql_away"), 1);
  metrics_.ServersSeen(false, false);
  EXPECT_EQ(Mode("redis_away"), 1);
  EXPECT_EQ(Mode("mysql_away"), 0);
  EXPECT_EQ(Read().Value("readcount_mysql_up"), 0);
}

TEST_F(SyncMetricsTest, AddUpRunsAndKeepCountersRisingWhateverOthersTookOut) {
  board_.RunEnded({.finished_at = absl::FromUnixSeconds(100),
                   .duration = absl::Milliseconds(3),
                   .succeeded = true,
                   .articles = 3,
                   .views = 10,
                   .batches = 2,
                   .resumed = true});
  board_.RunEnded({.finished_at = absl::FromUnixSeconds(200), .succeeded = true, .articles = 1, .views = -4});
  board_.RunEnded({.finished_at = absl::FromUnixSeconds(300), .articles = 1, .views = 2, .error = "away"});
  const Scrape scrape = Read();
  EXPECT_EQ(scrape.Value(R"(readcount_sync_runs_total{outcome="succeeded"})"), 2);
  EXPECT_EQ(scrape.Value(R"(readcount_sync_runs_total{outcome="failed"})"), 1);
  EXPECT_EQ(scrape.Value("readcount_sync_articles_total"), 5);
  EXPECT_EQ(scrape.Value(R"(readcount_sync_views_total{direction="added"})"), 12);
  EXPECT_EQ(scrape.Value(R"(readcount_sync_views_total{direction="taken"})"), 4);
  EXPECT_EQ(scrape.Value("readcount_sync_batches_total"), 2);
  EXPECT_EQ(scrape.Value("readcount_sync_resumed_runs_total"), 1);
  EXPECT_EQ(scrape.Value("readcount_sync_consecutive_failures"), 1);
  EXPECT_EQ(scrape.Value("readcount_sync_last_success_timestamp_seconds"), 200);
  EXPECT_EQ(scrape.Value(R"(readcount_sync_phase{phase="backing_off"})"), 1);
  EXPECT_EQ(scrape.Value("readcount_sync_run_duration_seconds_count"), 3);
  EXPECT_EQ(scrape.Value(R"(readcount_sync_run_duration_seconds_bucket{le="0.0025"})"), 2);
}

TEST_F(SyncMetricsTest, TellThePhaseTheLagAndWhatIsPending) {
  board_.PendingSeen({.state = {.life = 7, .epoch = 1}, .fields = 3});
  clock_.Advance(absl::Seconds(6));
  board_.OnStep(RunStep::kApply, {.life = 7, .epoch = 2});
  const Scrape scrape = Read();
  EXPECT_EQ(scrape.Value("readcount_sync_lag_seconds"), 6);
  EXPECT_EQ(scrape.Value("readcount_pending_articles"), 3);
  EXPECT_EQ(scrape.Value(R"(readcount_sync_phase{phase="applying"})"), 1);
  EXPECT_EQ(scrape.Value(R"(readcount_sync_phase{phase="idle"})"), 0);
}

TEST_F(SyncMetricsTest, KeepTheDifferenceOfTheLastAudit) {
  EXPECT_EQ(Read().Value("readcount_books_difference_views"), 0);
  board_.Audited({.recorded = 10, .applied = 7});
  EXPECT_EQ(Read().Value("readcount_books_difference_views"), 3);
  board_.Audited({.recorded = 10, .applied = 12});
  EXPECT_EQ(Read().Value("readcount_books_difference_views"), -2);
  EXPECT_EQ(Read().Value("readcount_audits_total"), 2);
}

TEST_F(SyncMetricsTest, CountDeadLettersByReason) {
  letters_.Add(kOverflow);
  letters_.Add(kNotANumber);
  letters_.Add(kNotANumber);
  const Scrape scrape = Read();
  EXPECT_EQ(scrape.Value(R"(readcount_dead_letters_total{reason="overflow"})"), 1);
  EXPECT_EQ(scrape.Value(R"(readcount_dead_letters_total{reason="not_a_number"})"), 2);
  EXPECT_EQ(scrape.Value(R"(readcount_dead_letters_total{reason="no_such_article"})"), 0);
}

TEST_F(SyncMetricsTest, TellHowManyDeadLettersThereAreAndWhatBecameOfOthers) {
  left_.retried.Add(5);
  left_.dropped.Add(2);
  metrics_.LettersSeen(7);
  const Scrape scrape = Read();
  EXPECT_EQ(scrape.Value("readcount_dead_letters_present"), 7);
  EXPECT_EQ(scrape.Value("readcount_dead_letters_retried_total"), 5);
  EXPECT_EQ(scrape.Value("readcount_dead_letters_dropped_total"), 2);
}

}  // namespace
}  // namespace readcount
