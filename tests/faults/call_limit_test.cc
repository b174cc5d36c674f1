#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <csignal>
#include <list>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "tests/e2e/stack.h"

namespace readcount::testing {
namespace {

constexpr int kMostCalls = 100;

std::map<std::string, std::string> Limited() {
  ResetServers();
  std::map<std::string, std::string> variables = Stack::ServerVariables();
  variables["READCOUNT_GRPC_MAX_CALLS"] = std::to_string(kMostCalls);
  return variables;
}

// While Redis is silent no call ends, so what clients may keep waiting is limited.
TEST(Fault23, CallsBeyondTheLimitAreRefused) {
  struct Call {
    grpc::ClientContext context;
    v1::GetArticleResponse response;
    grpc::Status status;
  };
  ProgramProcess service("article-service", Limited());
  const auto stub =
      v1::ArticleService::NewStub(grpc::CreateChannel(service.address(), grpc::InsecureChannelCredentials()));
  v1::GetArticleRequest request;
  request.set_id(1);
  std::list<Call> calls(1 + kMostCalls + 1);
  ASSERT_TRUE(stub->GetArticle(&calls.front().context, request, &calls.front().response).ok());

  absl::BlockingCounter ended(kMostCalls + 1);
  absl::Mutex mutex;
  std::vector<grpc::Status> statuses;
  SharedRedis().Signal(SIGSTOP);
  for (auto call = std::next(calls.begin()); call != calls.end(); ++call) {
    stub->async()->GetArticle(&call->context, &request, &call->response, [&](const grpc::Status& status) {
      // The first to end is the one too many: all others wait for Redis.
      absl::MutexLock lock(&mutex);
      if (statuses.empty()) SharedRedis().Signal(SIGCONT);
      statuses.push_back(status);
      ended.DecrementCount();
    });
  }
  ended.Wait();
  EXPECT_EQ(statuses.front().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(statuses.front().error_message(), ::testing::HasSubstr("grpc.max_calls"));
  for (size_t i = 1; i < statuses.size(); ++i) EXPECT_TRUE(statuses[i].ok()) << statuses[i].error_message();
  grpc::ClientContext context;
  v1::GetArticleResponse response;
  EXPECT_TRUE(stub->GetArticle(&context, request, &response).ok());
  EXPECT_EQ(service.Stop(), 0);
}

}  // namespace
}  // namespace readcount::testing
