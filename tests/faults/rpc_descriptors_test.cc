#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "absl/time/clock.h"
#include "tests/e2e/stack.h"
#include "tests/support/http2.h"

namespace readcount::testing {
namespace {

using http2::Client;
using http2::Type;

constexpr char kWatchStatus[] = "/readcount.v1.SyncService/WatchStatus";

grpc::Status Get(const std::string& address, std::chrono::seconds patience) {
  // A subchannel of its own: a connection of an earlier call must not serve it.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto stub = v1::ArticleService::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + patience);
  v1::GetArticleRequest request;
  request.set_id(1);
  v1::GetArticleResponse response;
  return stub->GetArticle(&context, request, &response);
}

TEST(Fault21, AServiceOutOfDescriptorsServesAgainWhenTheyAreFree) {
  ResetServers();
  ProgramProcess service("article-service", Stack::ServerVariables());
  ASSERT_TRUE(Get(service.address(), std::chrono::seconds(20)).ok());
  const auto files = std::filesystem::directory_iterator("/proc/" + std::to_string(service.pid()) + "/fd");
  const auto used = static_cast<rlim_t>(std::distance(begin(files), end(files)));
  constexpr rlim_t kSpare = 20;
  const rlimit limit{.rlim_cur = used + kSpare, .rlim_max = used + kSpare};
  ASSERT_EQ(prlimit(service.pid(), RLIMIT_NOFILE, &limit, nullptr), 0);

  std::vector<std::unique_ptr<Client>> greedy;
  for (rlim_t i = 0; i < 2 * kSpare; ++i) greedy.push_back(std::make_unique<Client>(service.address()));
  const absl::Time before = absl::Now();
  EXPECT_FALSE(Get(service.address(), std::chrono::seconds(1)).ok());
  EXPECT_LT(absl::Now() - before, absl::Seconds(5));
  EXPECT_NE(service.log().find("cannot_accept"), std::string::npos);

  greedy.clear();
  const grpc::Status again = Get(service.address(), std::chrono::seconds(20));
  EXPECT_TRUE(again.ok()) << again.error_message() << service.log();
  EXPECT_EQ(service.Stop(), 0);
}

TEST(Fault22, WatchersThatNeverReadHoldUpNoRun) {
  Stack stack(100);
  std::vector<std::unique_ptr<Client>> deaf;
  for (int i = 0; i < 20; ++i) {
    deaf.push_back(std::make_unique<Client>(stack.sync_service->address(),
                                            http2::Setting(http2::kInitialWindowSize, 0)));
    ASSERT_TRUE(deaf.back()->Write(http2::Call(1, kWatchStatus, "")));
    ASSERT_TRUE(deaf.back()->Await(Type::kHeaders).has_value());
  }
  constexpr uint64_t kRuns = 50;
  for (uint64_t i = 1; i <= kRuns; ++i) {
    grpc::ClientContext context;
    v1::ViewArticleRequest request;
    request.set_id(i);
    v1::ViewArticleResponse response;
    ASSERT_TRUE(stack.articles->ViewArticle(&context, request, &response).ok());
    EXPECT_EQ(stack.RunSync().views(), 1);
  }
  EXPECT_EQ(Stack::ViewsInMysql(), kRuns);
  EXPECT_EQ(stack.sync_service->Stop(), 0);
}

TEST(Fault20, WatchersOfHealthHearNotServingBeforeTheServerEnds) {
  ResetServers();
  ProgramProcess service("article-service", Stack::ServerVariables());
  Client watcher(service.address());
  ASSERT_TRUE(watcher.Write(http2::Call(1, "/grpc.health.v1.Health/Watch", "")));
  const std::optional<http2::Frame> first = watcher.Await(Type::kData);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->payload, http2::GrpcMessage("\x08\x01"));  // SERVING
  service.Signal(SIGTERM);
  const std::optional<http2::Frame> last = watcher.Await(Type::kData);
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->payload, http2::GrpcMessage("\x08\x02"));  // NOT_SERVING
  EXPECT_TRUE(watcher.ClosedByServer());
  service.AwaitEnd();
}

}  // namespace
}  // namespace readcount::testing
