#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {
namespace {

constexpr char kFailPoints[] = "READCOUNT_FAIL_POINTS";

// SIGKILL at one step of the protocol, at its first pass and at a later one, under load.
class ProtocolStepTest : public ::testing::TestWithParam<std::string> {
 protected:
  TempDir spool_;
  Stack stack_{
      200,
      "20ms",
      {{"READCOUNT_ARTICLE_SPOOL", spool_.path("spool.db")}, {"READCOUNT_SYNC_CHUNK_ARTICLES", "20"}}};

  // Restarts the program so that it ends at the `pass`-th pass of the step, and again when it has.
  void KillAt(ProgramProcess& program, int pass) {
    program.Kill();
    program.SetVariable(kFailPoints, GetParam() + ":kill:" + std::to_string(pass));
    program.Restart();
    program.AwaitEnd();
    program.SetVariable(kFailPoints, "");
  }
};

std::string Name(const ::testing::TestParamInfo<std::string>& info) {
  return info.param.substr(info.param.find('.') + 1);
}

class Fault01 : public ProtocolStepTest {};

TEST_P(Fault01, BooksBalanceAfterAKillAtIt) {
  Load load(stack_.gateway->address(), 4, 200);
  for (const int pass : {1, 3}) {
    load.AwaitViews(200);
    SharedRedis().Command({"HSET", "article_sys:read_count:hash", "no id", "1"});
    KillAt(*stack_.sync_service, pass);
    SharedRedis().Command({"HSET", "article_sys:read_count:hash", "no id", "1"});
    stack_.sync_service->Restart();
  }
  load.AwaitViews(200);
  load.Stop();
  EXPECT_EQ(load.unknown(), 0u);
  EXPECT_EQ(load.falls(), 0u);
  stack_.ExpectBooksToBalance(load);
  EXPECT_EQ(Stack::ViewsInMysql(), load.acknowledged());
}

INSTANTIATE_TEST_SUITE_P(Steps, Fault01,
                         ::testing::Values("sync.after_seal", "sync.after_read", "sync.before_commit",
                                           "sync.after_commit", "sync.before_release", "sync.after_release"),
                         Name);

class Fault04 : public ProtocolStepTest {};

TEST_P(Fault04, BooksBalanceAfterAKillAtIt) {
  Load load(stack_.gateway->address(), 4, 200);
  for (const int pass : {1, 30}) {
    load.AwaitViews(200);
    KillAt(*stack_.article_service, pass);
    stack_.article_service->Restart();
  }
  load.AwaitViews(200);
  load.Stop();
  EXPECT_EQ(load.falls(), 0u);
  stack_.ExpectBooksToBalance(load);
}

INSTANTIATE_TEST_SUITE_P(Steps, Fault04, ::testing::Values("article.before_record", "article.after_record"),
                         Name);

class Fault04InAnOutage : public ProtocolStepTest {
 protected:
  void Arm(int pass) {
    stack_.article_service->Kill();
    stack_.article_service->SetVariable(kFailPoints, GetParam() + ":kill:" + std::to_string(pass));
    stack_.article_service->Restart();
  }
  void AwaitKill() {
    stack_.article_service->AwaitEnd();
    stack_.article_service->SetVariable(kFailPoints, "");
    stack_.article_service->Restart();
  }
};

// Redis is away, and ArticleService is killed while it takes views,
TEST_P(Fault04InAnOutage, BooksBalanceAfterAKillInTheOutage) {
  Load load(stack_.gateway->address(), 4, 200);
  Arm(2);
  load.AwaitViews(200);
  SharedRedis().Kill();
  AwaitKill();
  SharedRedis().Start();
  load.AwaitViews(200);
  load.Stop();
  stack_.AwaitFreshCounts();
  stack_.ExpectBooksToBalance(load);
}

class Fault04AfterAnOutage : public Fault04InAnOutage {};

INSTANTIATE_TEST_SUITE_P(Steps, Fault04InAnOutage,
                         ::testing::Values("article.before_hold", "article.after_hold"), Name);

// or when Redis has everything again, and the spool as well;
TEST_P(Fault04AfterAnOutage, BooksBalanceAfterAKillBeforeTheSpoolIsEmptied) {
  Load load(stack_.gateway->address(), 4, 200);
  Arm(1);
  load.AwaitViews(200);
  SharedRedis().Kill();
  load.AwaitViews(200);
  SharedRedis().Start();
  AwaitKill();
  load.AwaitViews(200);
  load.Stop();
  stack_.AwaitFreshCounts();
  stack_.ExpectBooksToBalance(load);
}

INSTANTIATE_TEST_SUITE_P(Steps, Fault04AfterAnOutage, ::testing::Values("article.after_replay"), Name);

class Fault04InAReplay : public Fault04InAnOutage {};

// or while it brings Redis, which is empty, what it lacks.
TEST_P(Fault04InAReplay, BooksBalanceAfterAKillInTheReplay) {
  // Everything stays on disk: here Redis and ArticleService lose their memory together.
  stack_.article_service->SetVariable("READCOUNT_ARTICLE_SPOOL_KEEPS", "everything");
  Arm(1);
  Load load(stack_.gateway->address(), 4, 200);
  load.AwaitViews(200);
  SharedRedis().Kill();
  SharedRedis().Empty();
  SharedRedis().Start();
  AwaitKill();
  load.AwaitViews(200);
  load.Stop();
  stack_.AwaitFreshCounts();
  stack_.ExpectBooksToBalance(load);
}

INSTANTIATE_TEST_SUITE_P(Steps, Fault04InAReplay,
                         ::testing::Values("article.after_close_life", "article.mid_replay"), Name);

}  // namespace
}  // namespace readcount::testing
