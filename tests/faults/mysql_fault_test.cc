#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/await.h"
#include "tests/support/gate_routes.h"

namespace readcount::testing {
namespace {

constexpr uint64_t kArticles = 300;

// How often anybody has had to wait for a row, since the server's start.
constexpr char kLockWaits[] =
    "SELECT variable_value FROM information_schema.global_status WHERE variable_name = "
    "'innodb_row_lock_waits'";
constexpr char kDeadlocks[] =
    "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'innodb_deadlocks'";

// Looks at MySQL from a session of its own until a number differs from `from`; returns it.
uint64_t AwaitChange(const std::string& sql, uint64_t from) {
  auto session = mysql::Connection::Open(SharedMariadb().settings());
  EXPECT_TRUE(session.ok()) << session.status();
  uint64_t number = from;
  const auto changed = [&] {
    const absl::StatusOr<mysql::Result> result = (*session)->Execute(sql, {});
    if (result.ok()) number = mysql::ToUint64(result->rows.at(0).at(0));
    return number != from;
  };
  EXPECT_TRUE(Await(changed)) << sql << " stays at " << from;
  return number;
}

class MysqlFaultTest : public ::testing::Test {
 protected:
  grpc::Status TryToRunSync() {
    grpc::ClientContext context;
    v1::RunSyncResponse response;
    return stack_.syncer->RunSync(&context, {}, &response);
  }
  std::future<grpc::Status> RunSyncMeanwhile() {
    return std::async(std::launch::async, [this] { return TryToRunSync(); });
  }
  void AwaitSync() {
    EXPECT_TRUE(Await([this] { return TryToRunSync().ok(); })) << stack_.sync_service->log();
  }
  // Another session, in a transaction that holds one article's row.
  static void HoldRow(int id) {
    SharedMariadb().Query("START TRANSACTION");
    SharedMariadb().Query(absl::StrCat("SELECT id FROM articles WHERE id = ", id, " FOR UPDATE"));
  }
  static void View(HttpClient& client, int id) {
    EXPECT_EQ(client.Get(absl::StrCat("/api/article/", id))->status, 200);
  }

  Stack stack_{kArticles};
  HttpClient client_{stack_.gateway->address()};
};

using Fault11 = MysqlFaultTest;

TEST_F(Fault11, MariadbKilledInMidTransactionUnderLoad) {
  Load load(stack_.gateway->address(), 4, 20);
  for (int i = 0; i < 3; ++i) {
    load.AwaitViews(200);
    HoldRow(10);
    const uint64_t waits = SharedMariadb().Number(kLockWaits);
    std::future<grpc::Status> run = RunSyncMeanwhile();
    AwaitChange(kLockWaits, waits);
    SharedMariadb().Kill();
    EXPECT_FALSE(run.get().ok());
    SharedMariadb().Start();
  }
  load.AwaitViews(200);
  load.Stop();
  EXPECT_EQ(load.falls(), 0u);
  AwaitSync();
  stack_.ExpectBooksToBalance(load);
}

using Fault12 = MysqlFaultTest;

TEST_F(Fault12, AVictimOfADeadlockTriesAgain) {
  for (int id = 1; id <= 3; ++id) View(client_, id);
  SharedMariadb().Query("START TRANSACTION");
  // So much that InnoDB lets the other one be the victim.
  SharedMariadb().Query("UPDATE articles SET content = 'new' WHERE id >= 3");
  const uint64_t waits = SharedMariadb().Number(kLockWaits), deadlocks = SharedMariadb().Number(kDeadlocks);
  std::future<grpc::Status> run = RunSyncMeanwhile();
  AwaitChange(kLockWaits, waits);
  SharedMariadb().Query("UPDATE articles SET content = 'new' WHERE id = 1");
  EXPECT_EQ(SharedMariadb().Number(kDeadlocks), deadlocks + 1);
  SharedMariadb().Query("COMMIT");
  const grpc::Status status = run.get();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(Stack::ViewsInMysql(), 3u);
  EXPECT_EQ(SharedMariadb().Number("SELECT COUNT(*) FROM articles WHERE read_count = 1 AND id <= 3"), 3u);
  EXPECT_EQ(stack_.Audit().difference(), 0);
}

TEST_F(Fault12, ALockThatIsHeldTooLongCostsOneAttemptAndLeavesNoHalf) {
  for (int id = 1; id <= 3; ++id) View(client_, id);
  HoldRow(3);
  const uint64_t waits = SharedMariadb().Number(kLockWaits);
  std::future<grpc::Status> run = RunSyncMeanwhile();
  AwaitChange(kLockWaits, AwaitChange(kLockWaits, waits));  // the first attempt, and the second
  EXPECT_EQ(SharedMariadb().Number("SELECT SUM(read_count) FROM articles"), 0u);
  SharedMariadb().Query("ROLLBACK");
  const grpc::Status status = run.get();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(Stack::ViewsInMysql(), 3u);
  EXPECT_EQ(stack_.Audit().difference(), 0);
}

// With a user of just the rights that the README names, whom the server refuses what it refuses strangers.
class Fault13 : public MysqlFaultTest {
 protected:
  Fault13() {
    SharedMariadb().Query("CREATE USER IF NOT EXISTS app@localhost");
    SharedMariadb().Query("GRANT SELECT, INSERT, UPDATE, DELETE ON article_sys.* TO app@localhost");
    Restart();
  }
  ~Fault13() override {
    SharedMariadb().Query("SET GLOBAL read_only = 0, wait_timeout = 28800, max_connections = 151");
  }
  void Restart() {
    const std::string dsn = absl::StrReplaceAll(SharedMariadb().url(), {{"root@", "app@"}});
    RestartWith(*stack_.article_service, "READCOUNT_MYSQL_DSN", dsn);
    RestartWith(*stack_.sync_service, "READCOUNT_MYSQL_DSN", dsn);
  }
  static void EndSessionsOfPrograms() { SharedMariadb().Query("KILL USER app"); }
};

TEST_F(Fault13, AReadOnlyServerKeepsTheBatchInRedis) {
  Load load(stack_.gateway->address(), 4, 20);
  load.AwaitViews(200);
  SharedMariadb().Query("SET GLOBAL read_only = 1");
  for (int i = 0; i < 3; ++i) {
    const grpc::Status status = TryToRunSync();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_THAT(status.error_message(), ::testing::HasSubstr("read-only"));
    load.AwaitViews(200);
  }
  EXPECT_EQ(load.unknown(), 0u) << "readers must not feel it";
  SharedMariadb().Query("SET GLOBAL read_only = 0");
  load.AwaitViews(200);
  load.Stop();
  EXPECT_EQ(load.falls(), 0u);
  AwaitSync();
  stack_.ExpectBooksToBalance(load);
}

TEST_F(Fault13, AtTheConnectionLimitCachedArticlesGoOnAndAllResumesBelowIt) {
  View(client_, 1);
  SharedMariadb().Query("SET GLOBAL max_connections = 10");
  std::vector<std::unique_ptr<mysql::Connection>> others;
  MysqlSettings settings = SharedMariadb().settings();
  EndSessionsOfPrograms();
  for (auto other = mysql::Connection::Open(settings); other.ok(); other = mysql::Connection::Open(settings))
    others.push_back(*std::move(other));
  View(client_, 1);
  EXPECT_EQ(client_.Get("/api/article/2")->status, 503);
  EXPECT_EQ(TryToRunSync().error_code(), grpc::StatusCode::UNAVAILABLE);
  others.clear();
  AwaitSync();
  EXPECT_TRUE(Await([this] { return client_.Get("/api/article/2")->status == 200; }))
      << stack_.article_service->log();
  AwaitSync();
  EXPECT_EQ(Stack::ViewsInMysql(), 3u);
  EXPECT_EQ(stack_.Audit().difference(), 0);
}

TEST_F(Fault13, SessionsThatWereIdleTooLongCostNobodyAnError) {
  SharedMariadb().Query("SET GLOBAL wait_timeout = 1");
  Restart();
  constexpr char kEnded[] =
      "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'aborted_clients'";
  for (int id = 1; id <= 3; ++id) {
    View(client_, id);
    AwaitSync();
    AwaitChange(kEnded, SharedMariadb().Number(kEnded));
    View(client_, 10 + id);
    EXPECT_TRUE(TryToRunSync().ok());
  }
  EXPECT_EQ(Stack::ViewsInMysql(), 6u);
}

TEST_F(Fault13, SessionsThatWereKilledCostNobodyAnError) {
  for (int id = 1; id <= 10; ++id) {
    View(client_, id);
    EndSessionsOfPrograms();
    View(client_, 100 + id);
    EndSessionsOfPrograms();
    const grpc::Status status = TryToRunSync();
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  EXPECT_EQ(Stack::ViewsInMysql(), 20u);
  EXPECT_EQ(stack_.Audit().difference(), 0);
}

}  // namespace
}  // namespace readcount::testing
