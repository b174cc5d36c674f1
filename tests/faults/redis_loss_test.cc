#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {
namespace {

constexpr uint64_t kArticles = 50;

// Redis loses what it had, or is away, under load. Nothing that was acknowledged may be lost while
// ArticleService lives, and what it holds on disk not even then.
class RedisLossTest : public ::testing::Test {
 protected:
  ~RedisLossTest() override { SharedRedis().Start(); }

  TempDir spool_;
  Stack stack_{kArticles, "200ms", {{"READCOUNT_ARTICLE_SPOOL", spool_.path("spool.db")}}};
  Load load_{stack_.gateway->address(), 4, kArticles};

  void ExpectAllToBeWell() {
    load_.Stop();
    EXPECT_EQ(load_.falls(), 0u);
    stack_.AwaitFreshCounts();
    stack_.ExpectBooksToBalance(load_);
    if (HasFailure()) std::cerr << stack_.article_service->log() << stack_.sync_service->log();
  }
};

using Fault09 = RedisLossTest;
TEST_F(Fault09, EmptiedFiveTimesInARow) {
  for (int i = 0; i < 5; ++i) {
    load_.AwaitViews(700);
    SharedRedis().Kill();
    SharedRedis().Empty();
    SharedRedis().Start();
  }
  load_.AwaitViews(700);
  ExpectAllToBeWell();
}

TEST_F(Fault09, EmptiedWhileABatchIsHalfInMysql) {
  load_.AwaitViews(500);
  stack_.sync_service->Kill();
  stack_.sync_service->SetVariable("READCOUNT_SYNC_CHUNK_ARTICLES", "10");
  stack_.sync_service->SetVariable("READCOUNT_FAIL_POINTS", "sync.after_commit:kill:2");
  stack_.sync_service->Restart();
  stack_.sync_service->AwaitEnd();
  stack_.sync_service->SetVariable("READCOUNT_FAIL_POINTS", "");
  load_.AwaitViews(200);
  SharedRedis().Kill();
  SharedRedis().Empty();
  SharedRedis().Start();
  load_.AwaitViews(200);
  stack_.sync_service->Restart();
  load_.AwaitViews(200);
  ExpectAllToBeWell();
}

TEST_F(Fault09, FlushedWhileItRuns) {
  for (int i = 0; i < 3; ++i) {
    load_.AwaitViews(500);
    SharedRedis().Command({"FLUSHALL"});
  }
  load_.AwaitViews(500);
  ExpectAllToBeWell();
}

using Fault06 = RedisLossTest;
TEST_F(Fault06, PutBackToBeforeBatchesThatMysqlHas) {
  load_.AwaitViews(500);
  SharedRedis().Kill();
  SharedRedis().TakeSnapshot();
  SharedRedis().Start();
  for (int i = 0; i < 3; ++i) {
    load_.AwaitViews(500);
    stack_.RunSync();
  }
  SharedRedis().Kill();
  SharedRedis().PutBack();
  SharedRedis().Start();
  load_.AwaitViews(500);
  ExpectAllToBeWell();
  EXPECT_NE((stack_.article_service->log() + stack_.sync_service->log()).find("redis_lost_its_past"),
            std::string::npos)
      << "it must be told of aloud";
}

TEST_F(Fault06, PutBackALittleAtAnyMoment) {
  for (int i = 0; i < 4; ++i) {
    load_.AwaitViews(100);
    SharedRedis().Kill();
    SharedRedis().TakeSnapshot();
    SharedRedis().Start();
    load_.AwaitViews(150);
    SharedRedis().Kill();
    SharedRedis().PutBack();
    SharedRedis().Start();
  }
  load_.AwaitViews(500);
  ExpectAllToBeWell();
}

using Fault05 = RedisLossTest;
TEST_F(Fault05, AwayWhileViewsGoOn) {
  load_.AwaitViews(500);
  SharedRedis().Kill();
  load_.AwaitViews(500);
  EXPECT_LE(load_.unknown(), 8u) << "views must be taken while Redis is away";
  SharedRedis().Start();
  load_.AwaitViews(500);
  ExpectAllToBeWell();
}

TEST_F(Fault05, AwayWhileArticleServiceIsKilled) {
  load_.AwaitViews(500);
  SharedRedis().Kill();
  load_.AwaitViews(100);
  stack_.article_service->Kill();
  stack_.article_service->Restart();
  SharedRedis().Start();
  load_.AwaitViews(500);
  load_.Stop();
  stack_.AwaitFreshCounts();
  stack_.ExpectBooksToBalance(load_);
}

// Half of an outage that outlasts every wait and every backoff of the programs: articles and views are
// answered all the time.
void ExpectAnswersThroughout(const std::string& gateway, Load& load) {
  constexpr absl::Duration kHalf = absl::Seconds(15), kSoon = absl::Seconds(3);
  const uint64_t unknown = load.unknown();
  HttpClient reader(gateway);
  const absl::Time end = absl::Now() + kHalf;
  for (uint64_t id = 1; absl::Now() < end; id = id % kArticles + 1) {
    const absl::Time start = absl::Now();
    const std::optional<HttpReply> reply = reader.Get(absl::StrCat("/api/article/", id, "?view=false"));
    ASSERT_TRUE(reply.has_value());
    ASSERT_EQ(reply->status, 200) << reply->body;
    load.AwaitViews(10);
    ASSERT_LT(absl::Now() - start, kSoon);
  }
  EXPECT_EQ(load.unknown(), unknown) << "views must be taken while Redis is away";
}

TEST_F(Fault05, AwayForHalfAMinuteInWhoseMiddleArticleServiceIsKilled) {
  load_.AwaitViews(500);
  SharedRedis().Kill();
  load_.AwaitViews(100);
  ExpectAnswersThroughout(stack_.gateway->address(), load_);
  stack_.article_service->Kill();
  stack_.article_service->Restart();
  load_.AwaitViews(100);
  ExpectAnswersThroughout(stack_.gateway->address(), load_);
  SharedRedis().Start();
  load_.AwaitViews(500);
  load_.Stop();
  stack_.AwaitFreshCounts();
  stack_.ExpectBooksToBalance(load_);
  if (HasFailure()) std::cerr << stack_.article_service->log() << stack_.sync_service->log();
}

}  // namespace
}  // namespace readcount::testing
