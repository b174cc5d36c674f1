#include <gmock/gmock.h>
#include <grpc/health/v1/health.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "services/common/mysql/migrator.h"
#include "tests/e2e/stack.h"
#include "tests/faults/status_await.h"
#include "tests/support/await.h"
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

bool Serves(const std::string& address, const std::string& service) {
  const auto stub =
      grpc::health::v1::Health::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  grpc::health::v1::HealthCheckRequest request;
  grpc::health::v1::HealthCheckResponse response;
  request.set_service(service);
  EXPECT_TRUE(stub->Check(&context, request, &response).ok());
  return response.status() == grpc::health::v1::HealthCheckResponse::SERVING;
}

TEST_F(Fault09, AMissingMigrationIsNamedAndWaitedFor) {
  const auto names_it = Contains(HasSubstr("schema: migration 2 (read_count) is missing"));
  Stack stack;
  SharedMariadb().Query("DROP TABLE read_count_sync_runs");
  for (ProgramProcess* program : {stack.article_service.get(), stack.sync_service.get()}) {
    EXPECT_EQ(program->Stop(), 0);
    program->Restart();
  }
  EXPECT_THAT(Warnings(OfArticles(stack)), names_it);
  AwaitSyncStatus(*stack.syncer, [&](const auto& status) {
    return ::testing::Value(Warnings(status.durability()), names_it);
  });
  for (const ProgramProcess* program : {stack.article_service.get(), stack.sync_service.get()}) {
    EXPECT_THAT(program->log(), HasSubstr("run readcount migrate"));
  }
  EXPECT_FALSE(Serves(stack.article_service->address(), "readcount.v1.ArticleService"));
  EXPECT_FALSE(Serves(stack.sync_service->address(), "readcount.v1.SyncService"));

  mysql::Migrator migrator({.mysql = SharedMariadb().settings(), .applied_by = "test"},
                           *mysql::BuiltInMigrations());
  const absl::Status migrated = migrator.Apply([](const mysql::Migration&) {});
  ASSERT_TRUE(migrated.ok()) << migrated;
  EXPECT_TRUE(Await([&] { return Serves(stack.article_service->address(), "readcount.v1.ArticleService"); }));
  EXPECT_TRUE(Await([&] { return Serves(stack.sync_service->address(), "readcount.v1.SyncService"); }));
  HttpClient client(stack.gateway->address());
  EXPECT_EQ(client.Get("/api/article/1")->status, 200);
  EXPECT_EQ(stack.RunSync().views(), 1);
}

}  // namespace
}  // namespace readcount::testing
