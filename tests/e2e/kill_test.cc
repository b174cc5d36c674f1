#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <csignal>
#include <random>

#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"

namespace readcount::testing {
namespace {

TEST(Fault04, BooksBalanceAfterArticleServiceIsKilledUnderLoad) {
  Stack stack(50, "50ms");
  Load load(stack.gateway->address(), 8, 50);
  for (int i = 0; i < 3; ++i) {
    load.AwaitViews(500);
    stack.article_service->Kill();
    stack.article_service->Restart();
  }
  load.AwaitViews(500);
  load.Stop();
  EXPECT_GT(load.unknown(), 0u);
  EXPECT_EQ(load.falls(), 0u);
  stack.ExpectBooksToBalance(load);
}

TEST(KillTest, BooksBalanceAfterTheGatewayIsKilledUnderLoad) {
  Stack stack(50, "50ms");
  Load load(stack.gateway->address(), 8, 50);
  for (int i = 0; i < 3; ++i) {
    load.AwaitViews(500);
    stack.gateway->Kill();
    stack.gateway->Restart();
  }
  load.AwaitViews(500);
  load.Stop();
  EXPECT_GT(load.unknown(), 0u);
  EXPECT_EQ(load.falls(), 0u);
  stack.ExpectBooksToBalance(load);
}

TEST(Fault01, BooksBalanceAfterTheSyncerIsKilledAtAnyMoment) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  Stack stack(2000, "10ms");
  Load load(stack.gateway->address(), 4, 2000);
  for (int i = 0; i < 15; ++i) {
    load.AwaitViews(1 + random() % 300);
    stack.sync_service->Kill();
    stack.sync_service->Restart();
  }
  load.Stop();
  EXPECT_EQ(load.unknown(), 0u);
  EXPECT_EQ(load.falls(), 0u);
  stack.ExpectBooksToBalance(load);
  EXPECT_EQ(Stack::ViewsInMysql(), load.acknowledged());
}

TEST(Fault16, TwoSyncersDoubleNothing) {
  Stack stack(3000, "10ms");
  std::map<std::string, std::string> variables = Stack::ServerVariables();
  variables["READCOUNT_SYNC_INTERVAL"] = "10ms";
  // Without waiting for each other's runs they meet in the middle of batches.
  variables["READCOUNT_SYNC_LEASE"] = "0s";
  variables["READCOUNT_SYNC_CHUNK_ARTICLES"] = "50";
  ProgramProcess second("sync-service", variables), third("sync-service", variables);
  Load load(stack.gateway->address(), 4, 3000);
  load.AwaitViews(5000);
  load.Stop();
  EXPECT_EQ(load.falls(), 0u);
  EXPECT_EQ(second.Stop(), 0);
  EXPECT_EQ(third.Stop(), 0);
  stack.ExpectBooksToBalance(load);
  EXPECT_EQ(Stack::ViewsInMysql(), load.acknowledged());
}

TEST(Fault20, ProgramsStopCleanlyUnderLoad) {
  Stack stack(50, "20ms");
  Load load(stack.gateway->address(), 8, 50);
  load.AwaitViews(500);
  EXPECT_EQ(stack.gateway->Stop(), 0) << stack.gateway->log();
  EXPECT_EQ(stack.article_service->Stop(), 0) << stack.article_service->log();
  EXPECT_EQ(stack.sync_service->Stop(), 0) << stack.sync_service->log();
  load.Stop();
  stack.sync_service->Restart();
  stack.ExpectBooksToBalance(load);
}

TEST(Fault05And11, ServersMayComeAndGo) {
  Stack stack(10, "20ms");
  Load load(stack.gateway->address(), 4, 10);
  load.AwaitViews(300);
  SharedMariadb().Kill();
  SharedMariadb().Start();
  load.AwaitViews(300);
  SharedRedis().Kill();
  SharedRedis().Start();
  load.AwaitViews(300);
  load.Stop();
  EXPECT_EQ(load.falls(), 0u);
  stack.ExpectBooksToBalance(load);
}

}  // namespace
}  // namespace readcount::testing
