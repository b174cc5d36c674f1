#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <csignal>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/await.h"

namespace readcount::testing {
namespace {

constexpr int kOthers = 4;

// One syncer of five stops in mid-run, holding the lease, for so long that the others go on without it; then
// it goes on as if nothing had been.
class Fault16 : public ::testing::TestWithParam<std::string> {
 protected:
  // MySQL ends the session of one who stands still in mid-transaction after a while; here it is told to.
  static void EndOpenTransactions() {
    const mysql::Result sessions = SharedMariadb().Query(
        "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx "
        "JOIN information_schema.processlist ON id = trx_mysql_thread_id WHERE command = 'Sleep'");
    EXPECT_GE(sessions.rows.size(), 1u) << "of each lane";
    for (const auto& row : sessions.rows) SharedMariadb().Query(absl::StrCat("KILL ", *row[0]));
  }

  Stack stack_{500, "20ms", {{"READCOUNT_SYNC_LEASE", "100ms"}, {"READCOUNT_SYNC_CHUNK_ARTICLES", "50"}}};
};

TEST_P(Fault16, OneOfFiveSyncersIsStoppedPastItsLeaseAndGoesOn) {
  Load load(stack_.gateway->address(), 4, 500);
  load.AwaitViews(500);
  stack_.sync_service->Kill();
  stack_.sync_service->SetVariable("READCOUNT_FAIL_POINTS", GetParam() + ":stop:2");
  stack_.sync_service->Restart();
  std::map<std::string, std::string> variables = Stack::ServerVariables();
  variables.insert({{"READCOUNT_SYNC_INTERVAL", "20ms"},
                    {"READCOUNT_SYNC_LEASE", "100ms"},
                    {"READCOUNT_SYNC_CHUNK_ARTICLES", "50"}});
  std::vector<std::unique_ptr<ProgramProcess>> others;
  for (int i = 0; i < kOthers; ++i)
    others.push_back(std::make_unique<ProgramProcess>("sync-service", variables));
  // The first is stopped when another waited for its lease in vain.
  ASSERT_TRUE(Await([&] { return absl::StrContains(others[0]->log(), "lease_not_taken"); }))
      << others[0]->log();
  if (GetParam() == "sync.before_commit") EndOpenTransactions();
  auto stub =
      v1::SyncService::NewStub(grpc::CreateChannel(others[0]->address(), grpc::InsecureChannelCredentials()));
  EXPECT_GT(Stack::RunSync(*stub).batches() + Stack::RunSync(*stub).batches(), 0u)
      << "one that stands still must not hold up the others";
  // An idle client answers the farewell of a server that ends only after seconds.
  stub.reset();
  stack_.sync_service->Signal(SIGCONT);
  load.AwaitViews(500);
  load.Stop();
  EXPECT_EQ(load.unknown(), 0u);
  EXPECT_EQ(load.falls(), 0u);
  for (const auto& other : others) EXPECT_EQ(other->Stop(), 0);
  stack_.ExpectBooksToBalance(load);
  EXPECT_EQ(Stack::ViewsInMysql(), load.acknowledged());
  if (HasFailure()) std::cerr << stack_.sync_service->log() << others[0]->log();
}

INSTANTIATE_TEST_SUITE_P(Steps, Fault16,
                         ::testing::Values("sync.after_seal", "sync.after_read", "sync.before_commit",
                                           "sync.after_commit", "sync.before_release"),
                         [](const auto& suite) { return suite.param.substr(suite.param.find('.') + 1); });

}  // namespace
}  // namespace readcount::testing
