#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/gate_routes.h"

namespace readcount::testing {
namespace {

constexpr uint64_t kLetters = 1500;  // two transactions
constexpr uint64_t kViews = 3;       // in each
constexpr char kFailPoints[] = "READCOUNT_FAIL_POINTS";

// Dead letters whose articles were put back, and a syncer to which something happens on their way, while
// another one moves views as usual.
class Fault28 : public ::testing::Test {
 protected:
  Fault28() {
    std::vector<std::pair<std::string, std::string>> fields;
    for (uint64_t i = 0; i < kLetters; ++i) fields.emplace_back(absl::StrCat(1000 + i), absl::StrCat(kViews));
    SharedRedis().SetFields("article_sys:read_count:hash", fields);
    EXPECT_EQ(stack_.RunSync().dead_letters(), kLetters);
    SharedMariadb().Query(
        absl::StrCat("INSERT INTO articles (id, title, content, author, created_at) SELECT seq, 't', 'c', "
                     "'a', NOW() FROM seq_1000_to_",
                     999 + kLetters));
    std::map<std::string, std::string> variables = Stack::ServerVariables();
    variables["READCOUNT_SYNC_INTERVAL"] = "20ms";
    standby_ = std::make_unique<ProgramProcess>("sync-service", variables);
  }

  grpc::Status Retry(v1::RetryDeadLettersResponse& response) {
    v1::RetryDeadLettersRequest request;
    request.mutable_selection()->set_all(true);
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    return stack_.syncer->RetryDeadLetters(&context, request, &response);
  }
  grpc::Status Drop(v1::DropDeadLettersResponse& response) {
    v1::DropDeadLettersRequest request;
    request.mutable_selection()->set_all(true);
    request.set_requested_by("test");
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    return stack_.syncer->DropDeadLetters(&context, request, &response);
  }

  // From its next start the syncer is killed at the `pass`-th pass of the step.
  void Arm(const std::string& step, int pass) {
    stack_.sync_service->Kill();
    stack_.sync_service->SetVariable(kFailPoints, absl::StrCat(step, ":kill:", pass));
    stack_.sync_service->Restart();
    stack_.sync_service->SetVariable(kFailPoints, "");
    AwaitBooks();
  }
  void AwaitKill() {
    stack_.sync_service->AwaitEnd();
    const auto standby = v1::SyncService::NewStub(
        grpc::CreateChannel(standby_->address(), grpc::InsecureChannelCredentials()));
    v1::AuditResponse books;
    grpc::ClientContext context;
    const grpc::Status status = standby->Audit(&context, {}, &books);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(books.difference(), 0);
    stack_.sync_service->Restart();
    AwaitBooks();
  }

  // Afterwards the stub has a connection to the process that runs now.
  void AwaitBooks() { EXPECT_EQ(stack_.Audit().difference(), 0); }

  static uint64_t CountLetters(const std::string& table) {
    return SharedMariadb().Number(absl::StrCat("SELECT COUNT(*) FROM ", table));
  }

  Stack stack_{20};
  std::unique_ptr<ProgramProcess> standby_;
};

class Fault28Killed : public Fault28, public ::testing::WithParamInterface<std::pair<const char*, int>> {};

TEST_P(Fault28Killed, ARetryAddsEachLetterOnce) {
  Load load(stack_.gateway->address(), 2, 20);
  load.AwaitViews(50);
  Arm(GetParam().first, GetParam().second);
  v1::RetryDeadLettersResponse response;
  EXPECT_FALSE(Retry(response).ok());
  AwaitKill();
  ASSERT_TRUE(Retry(response).ok());
  load.AwaitViews(50);
  load.Stop();
  EXPECT_EQ(load.falls(), 0u);
  stack_.RunSync();
  EXPECT_EQ(CountLetters("read_count_dead_letters"), 0u);
  EXPECT_EQ(Stack::ViewsInMysql(), load.acknowledged() + kLetters * kViews);
  EXPECT_EQ(SharedMariadb().Number("SELECT COUNT(*) FROM articles WHERE id >= 1000 AND read_count = 3"),
            kLetters);
  EXPECT_EQ(stack_.Audit().difference(), 0);
  EXPECT_EQ(stack_.Audit().dead_lettered(), 0);
}

TEST_P(Fault28Killed, ADropMovesEachLetterOnce) {
  Arm(GetParam().first, GetParam().second);
  v1::DropDeadLettersResponse response;
  EXPECT_FALSE(Drop(response).ok());
  AwaitKill();
  EXPECT_EQ(CountLetters("read_count_dead_letters") + CountLetters("read_count_dropped_letters"), kLetters);
  ASSERT_TRUE(Drop(response).ok());
  EXPECT_EQ(CountLetters("read_count_dropped_letters"), kLetters);
  EXPECT_EQ(Stack::ViewsInMysql(), 0u);
  EXPECT_EQ(stack_.Audit().difference(), 0);
  EXPECT_EQ(stack_.Audit().dead_lettered(), static_cast<int64_t>(kLetters * kViews));
}

INSTANTIATE_TEST_SUITE_P(
    Steps, Fault28Killed,
    ::testing::Values(std::pair("letters.before_commit", 1), std::pair("letters.before_commit", 2),
                      std::pair("letters.after_commit", 1), std::pair("letters.after_commit", 2)),
    [](const auto& step) {
      return absl::StrCat(std::string(step.param.first).substr(8), "_", step.param.second);
    });

// Lost is the reply, and the letters have left; or the request, and they have not.
class Fault28Lost : public Fault28, public ::testing::WithParamInterface<bool> {};

TEST_P(Fault28Lost, ARetryKnowsWhatItAdded) {
  Gate gate(SharedMariadb().settings().dsn.socket);
  RestartWith(*stack_.sync_service, "READCOUNT_MYSQL_DSN", MysqlDsn(gate));
  AwaitBooks();
  const std::string commit =
      "\x03"
      "COMMIT";
  GetParam() ? gate.LoseReplyTo(commit, 2) : gate.LoseRequest(commit, 2);
  v1::RetryDeadLettersResponse response;
  const grpc::Status status = Retry(response);
  gate.AwaitLoss();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.added(), kLetters);
  EXPECT_EQ(response.views(), static_cast<int64_t>(kLetters * kViews));
  EXPECT_EQ(response.kept(), 0u);
  EXPECT_EQ(Stack::ViewsInMysql(), kLetters * kViews);
  EXPECT_EQ(stack_.Audit().difference(), 0);
  RestartWith(*stack_.sync_service, "READCOUNT_MYSQL_DSN", SharedMariadb().url());
}

INSTANTIATE_TEST_SUITE_P(Commit, Fault28Lost, ::testing::Bool(),
                         [](const auto& lost) { return lost.param ? "Reply" : "Request"; });

}  // namespace
}  // namespace readcount::testing
