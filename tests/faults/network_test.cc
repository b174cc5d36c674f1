#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <tuple>

#include "absl/time/clock.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/await.h"
#include "tests/support/gate_routes.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {
namespace {

struct Hop {
  const char* name;
  const char* server;    // redis, mysql, article or sync
  const char* program;   // whose connections go through the gate
  const char* variable;  // that names the server to it
};
constexpr Hop kHops[] = {
    {"ArticleServiceToRedis", "redis", "article", "READCOUNT_REDIS_DSN"},
    {"ArticleServiceToMysql", "mysql", "article", "READCOUNT_MYSQL_DSN"},
    {"SyncServiceToRedis", "redis", "sync", "READCOUNT_REDIS_DSN"},
    {"SyncServiceToMysql", "mysql", "sync", "READCOUNT_MYSQL_DSN"},
    {"GatewayToArticleService", "article", "gateway", "READCOUNT_GATEWAY_ARTICLE_SERVICE"},
    {"GatewayToSyncService", "sync", "gateway", "READCOUNT_GATEWAY_SYNC_SERVICE"},
};

struct Fault {
  const char* name;
  GateMode mode;
  bool harmless = false;  // everything must be answered as ever, only later
};
const Fault kFaults[] = {
    {"Refused", {.refuse = true}},
    {"BlackHole", {.black_hole = true}},
    {"Corrupted", {.flip_one_in = 1}},
    {"Sliced", {.slice = true}, true},
    {"Throttled", {.bytes_per_second = 100'000}, true},
    {"RequestsCut", {.cut_requests_after = 500}},
    {"RepliesCut", {.cut_replies_after = 300}},
    {"CutAtOnce", {.cut_requests_after = 0}},
};

constexpr uint64_t kArticles = 20;

// The longest that one call may take: every wait of the programs is set to a second or less here, and one
// call may have to wait for several, one after the other, as RunSync does for the run before its own.
constexpr absl::Duration kBound = absl::Seconds(10);

class Fault19 : public ::testing::TestWithParam<std::tuple<Hop, Fault>> {
 protected:
  Fault19() {
    const std::string& dsn = ServerName();
    ProgramProcess& program = Program(hop_.program);
    if (dsn == "redis" || dsn == "mysql") {
      gate_ = std::make_unique<Gate>(dsn == "redis" ? SharedRedis().settings().dsn.socket
                                                    : SharedMariadb().settings().dsn.socket);
      RestartWith(program, hop_.variable, dsn == "redis" ? RedisDsn(*gate_) : MysqlDsn(*gate_));
    } else {
      gate_ = std::make_unique<Gate>(Program(dsn).address());
      RestartWith(program, hop_.variable, gate_->address());
    }
  }

  std::string ServerName() const { return hop_.server; }
  ProgramProcess& Program(const std::string& name) {
    return name == "article" ? *stack_.article_service
           : name == "sync"  ? *stack_.sync_service
                             : *stack_.gateway;
  }

  // One call of each kind through everything; each answers within the bound, whatever it says.
  void ExpectBoundedAnswers() {
    HttpClient client(stack_.gateway->address());
    for (const char* target : {"/api/article/1?view=false", "/api/articles", "/api/sync"}) {
      const absl::Time start = absl::Now();
      const std::optional<HttpReply> reply = client.Get(target);
      EXPECT_LT(absl::Now() - start, kBound) << target;
      ASSERT_TRUE(reply.has_value()) << target;
      EXPECT_TRUE(reply->status == 200 || (!fault_.harmless && reply->status >= 500))
          << target << reply->body;
      if (hop_.program == std::string("gateway")) {
        EXPECT_THAT(reply->status, ::testing::AnyOf(200, 503, 504)) << target << reply->body;
      }
    }
    grpc::ClientContext context;
    v1::RunSyncResponse response;
    const absl::Time start = absl::Now();
    const grpc::Status status = stack_.syncer->RunSync(&context, {}, &response);
    EXPECT_LT(absl::Now() - start, kBound);
    EXPECT_TRUE(status.ok() || (!fault_.harmless && status.error_code() == grpc::StatusCode::UNAVAILABLE))
        << status.error_message();
  }

  // Who lost a connection waits a little before the next try.
  void AwaitSyncService() {
    const auto answers = [this] {
      grpc::ClientContext context;
      v1::AuditResponse response;
      return stack_.syncer->Audit(&context, {}, &response).ok();
    };
    EXPECT_TRUE(Await(answers, kBound)) << stack_.sync_service->log();
  }

  const Hop hop_ = std::get<0>(GetParam());
  const Fault fault_ = std::get<1>(GetParam());
  TempDir spool_;
  Stack stack_{kArticles,
               "50ms",
               {{"READCOUNT_REDIS_CONNECT_TIMEOUT", "300ms"},
                {"READCOUNT_REDIS_REPLY_TIMEOUT", "300ms"},
                {"READCOUNT_REDIS_RETRY_FOR", "500ms"},
                {"READCOUNT_MYSQL_CONNECT_TIMEOUT", "1s"},
                {"READCOUNT_MYSQL_QUERY_TIMEOUT", "1s"},
                {"READCOUNT_SYNC_LEASE", "0s"},
                {"READCOUNT_GATEWAY_REQUEST_TIMEOUT", "1s"}}};
  std::unique_ptr<Gate> gate_;
};

TEST_P(Fault19, AnswersInBoundedTimeAndRecoversWithBooksThatBalance) {
  Load load(stack_.gateway->address(), 4, kArticles);
  load.AwaitViews(200);
  gate_->Set(fault_.mode);
  ExpectBoundedAnswers();
  if (fault_.harmless) load.AwaitViews(20);
  gate_->Set({});
  load.AwaitViews(200);
  gate_->Reset();
  load.AwaitViews(200);
  load.Stop();
  EXPECT_EQ(load.falls(), 0u);
  stack_.AwaitFreshCounts();
  AwaitSyncService();
  stack_.ExpectBooksToBalance(load);
  if (HasFailure()) {
    std::cerr << stack_.article_service->log() << stack_.sync_service->log() << stack_.gateway->log();
  }
}

INSTANTIATE_TEST_SUITE_P(Network, Fault19,
                         ::testing::Combine(::testing::ValuesIn(kHops), ::testing::ValuesIn(kFaults)),
                         [](const auto& suite) {
                           return std::string(std::get<0>(suite.param).name) + std::get<1>(suite.param).name;
                         });

}  // namespace
}  // namespace readcount::testing
