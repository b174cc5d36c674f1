#include <gtest/gtest.h>

#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {
namespace {

// Redis loses what it had, or is away, under load. Nothing that was acknowledged may be lost while
// ArticleService lives, and what it holds on disk not even then.
class RedisLossTest : public ::testing::Test {
 protected:
  ~RedisLossTest() override { SharedRedis().Start(); }

  TempDir spool_;
  Stack stack_{50, "200ms", {{"READCOUNT_ARTICLE_SPOOL", spool_.path("spool.db")}}};
  Load load_{stack_.gateway->address(), 4, 50};

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

}  // namespace
}  // namespace readcount::testing
