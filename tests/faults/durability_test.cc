#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/stack.h"
#include "tests/faults/status_await.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> Warnings(const v1::Durability& durability) {
  std::vector<std::string> texts;
  for (const v1::DurabilityFinding& finding : durability.findings()) {
    if (finding.severity() != v1::DURABILITY_SEVERITY_NOTICE) texts.push_back(finding.text());
  }
  return texts;
}

bool Known(const v1::Durability& durability) {
  return durability.level().find("has not been reached yet") == std::string::npos;
}

// Settings of Redis that a restart of it takes back.
class Fault09 : public ::testing::Test {
 protected:
  ~Fault09() override {
    SharedMariadb().Query("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
    SharedRedis().Kill();
    SharedRedis().Start();
  }

  static void Weaken() {
    SharedRedis().Command({"CONFIG", "SET", "appendonly", "no"});
    SharedRedis().Command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  }

  static v1::Durability OfArticles(Stack& stack) {
    return AwaitArticleStatus(
               *stack.articles,
               [](const auto& status) { return Known(status.durability()) && status.mysql_error().empty(); })
        .durability();
  }
  static v1::Durability OfSyncer(Stack& stack) {
    return AwaitSyncStatus(*stack.syncer, [](const auto& status) { return Known(status.durability()); })
        .durability();
  }
};

TEST_F(Fault09, AnEvictingPolicyAndNoAofAreWarnedOfAtStart) {
  Weaken();
  Stack stack;
  for (const v1::Durability& durability : {OfArticles(stack), OfSyncer(stack)}) {
    EXPECT_THAT(durability.level(), HasSubstr("all views that are not in MySQL may be lost if Redis dies"));
    EXPECT_THAT(durability.level(), HasSubstr("thrown away"));
    EXPECT_THAT(Warnings(durability), Contains(HasSubstr("maxmemory-policy is allkeys-lru")));
    EXPECT_THAT(Warnings(durability), Contains(HasSubstr("appendonly is no")));
  }
  for (const ProgramProcess* program : {stack.article_service.get(), stack.sync_service.get()}) {
    EXPECT_THAT(program->log(), HasSubstr("warning"));
    EXPECT_THAT(program->log(), HasSubstr("maxmemory-policy is allkeys-lru and maxmemory is 0"));
  }
}

TEST_F(Fault09, SettingsThatAreWellAgainAreSeenWhenRedisComesBack) {
  Weaken();
  Stack stack;
  EXPECT_THAT(Warnings(OfArticles(stack)), Not(IsEmpty()));
  EXPECT_THAT(Warnings(OfSyncer(stack)), Not(IsEmpty()));
  SharedRedis().Kill();
  AwaitArticleStatus(*stack.articles, [](const auto& status) { return !status.redis_error().empty(); });
  SharedRedis().Start();
  AwaitArticleStatus(*stack.articles, [](const auto& status) {
    return status.durability().level() == "views survive Redis' death" &&
           Warnings(status.durability()).empty();
  });
  EXPECT_THAT(stack.article_service->log(), HasSubstr("durability_finding_gone"));
}

TEST_F(Fault09, RedisThatRefusesConfigIsServedAllTheSame) {
  SharedRedis().Command({"ACL", "SETUSER", "default", "-config"});
  Stack stack;
  const v1::Durability durability = OfArticles(stack);
  SharedRedis().Command({"ACL", "SETUSER", "default", "+config"});
  EXPECT_THAT(durability.level(), HasSubstr("AOF"));
  ASSERT_EQ(durability.findings_size(), 1);
  EXPECT_THAT(durability.findings(0).text(), HasSubstr("CONFIG GET is refused"));
  HttpClient client(stack.gateway->address());
  EXPECT_EQ(client.Get("/api/article/1")->status, 200);
}

TEST_F(Fault09, MariadbThatDoesNotFlushEachCommitIsWarnedOf) {
  SharedMariadb().Query("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
  Stack stack;
  EXPECT_THAT(Warnings(OfArticles(stack)), Contains(HasSubstr("innodb_flush_log_at_trx_commit is 2")));
  const v1::SyncStatus status =
      AwaitSyncStatus(*stack.syncer, [](const auto& now) { return !Warnings(now.durability()).empty(); });
  EXPECT_THAT(Warnings(status.durability()), Contains(HasSubstr("innodb_flush_log_at_trx_commit is 2")));
  EXPECT_EQ(status.durability().level(), "views survive Redis' death");
}

TEST_F(Fault09, ATableThatIsMissingIsNamed) {
  SharedMariadb().Query("RENAME TABLE read_count_sync_runs TO set_aside");
  ProgramProcess syncer("sync-service", Stack::ServerVariables());
  const auto stub = SyncStub(syncer.address());
  AwaitSyncStatus(*stub, [](const auto& status) { return !Warnings(status.durability()).empty(); });
  SharedMariadb().Query("RENAME TABLE set_aside TO read_count_sync_runs");
  EXPECT_THAT(syncer.log(), HasSubstr("table read_count_sync_runs is missing"));
}

}  // namespace
}  // namespace readcount::testing
