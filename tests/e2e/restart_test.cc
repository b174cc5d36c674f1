#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "tests/e2e/stack.h"

namespace readcount::testing {
namespace {

using ::testing::IsEmpty;

constexpr uint64_t kArticles = 20;
constexpr uint64_t kViews = 150;  // of each viewer, between two restarts
constexpr std::chrono::milliseconds kPauseBeforeRetry(5);
constexpr std::chrono::seconds kLongestCall(20);
constexpr absl::Duration kLongestWait = absl::Seconds(30);
constexpr size_t kMostErrorsTold = 10;

// Clients that view articles all the time and repeat a view only where they were told that nothing was
// counted, as README says: over HTTP at a 503 that says so and where nobody listens, by gRPC at UNAVAILABLE
// and CANCELLED.
class Viewers {
 public:
  // `gateway` is host:port, `articles` a gRPC target; none asks what is empty.
  Viewers(const std::string& gateway, const std::string& articles) {
    constexpr int kOfEachKind = 4;
    for (int i = 0; i < kOfEachKind; ++i) {
      if (!gateway.empty()) threads_.emplace_back([this, gateway, i] { ViewByHttp(gateway, i); });
      if (!articles.empty()) threads_.emplace_back([this, articles, i] { ViewByGrpc(articles, i); });
    }
  }
  ~Viewers() { Stop(); }

  // Waits until each viewer has had `more` views acknowledged; fails the test if that takes too long.
  void AwaitViews(uint64_t more) {
    absl::MutexLock lock(&mutex_);
    std::map<std::string, uint64_t> aims;
    for (const auto& [name, views] : acknowledged_) aims[name] = views + more;
    const auto reached = [this, &aims]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      if (acknowledged_.size() < threads_.size()) return false;
      return std::all_of(acknowledged_.begin(), acknowledged_.end(),
                         [&aims](const auto& entry) { return entry.second >= aims[entry.first]; });
    };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&reached), kLongestWait)) << "views stand still";
  }

  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  uint64_t acknowledged() const {
    absl::MutexLock lock(&mutex_);
    uint64_t views = 0;
    for (const auto& [name, acknowledged] : acknowledged_) views += acknowledged;
    return views;
  }
  uint64_t repeated() const { return repeated_; }

  // What a client can make nothing of, and counts that fell.
  std::vector<std::string> errors() const {
    absl::MutexLock lock(&mutex_);
    return errors_;
  }

 private:
  // One viewer's own memory.
  struct Viewer {
    std::string name;
    std::mt19937_64 random;
    std::map<uint64_t, uint64_t> seen = {};
    uint64_t Next() { return 1 + random() % kArticles; }
  };

  void ViewByHttp(const std::string& gateway, int number) {
    Viewer viewer{.name = absl::StrCat("http ", number), .random = std::mt19937_64(number)};
    HttpClient client(gateway);
    while (!stopping_) {
      const uint64_t id = viewer.Next();
      if (!client.Connect()) {
        Repeat();
        continue;
      }
      const std::optional<HttpReply> reply = client.Get(absl::StrCat("/api/article/", id));
      if (!reply.has_value()) {
        Fail(viewer, "the connection broke");
      } else if (reply->status == 200) {
        Seen(viewer, id, reply->Number("read_count").value_or(0));
      } else if (reply->status == 503 && absl::StrContains(reply->body, "nothing was counted")) {
        Repeat();
      } else {
        Fail(viewer, absl::StrCat(reply->status, " ", reply->body));
      }
    }
  }

  void ViewByGrpc(const std::string& target, int number) {
    Viewer viewer{.name = absl::StrCat("grpc ", number), .random = std::mt19937_64(1000 + number)};
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
    arguments.SetLoadBalancingPolicyName("round_robin");
    const auto stub = v1::ArticleService::NewStub(
        grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments));
    while (!stopping_) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + kLongestCall);
      v1::ViewArticleRequest request;
      v1::ViewArticleResponse response;
      request.set_id(viewer.Next());
      const grpc::Status status = stub->ViewArticle(&context, request, &response);
      if (status.ok()) {
        Seen(viewer, request.id(), response.article().read_count());
      } else if (status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                 status.error_code() == grpc::StatusCode::CANCELLED) {
        Repeat();
      } else {
        Fail(viewer, absl::StrCat(status.error_code(), " ", status.error_message()));
      }
    }
  }

  void Seen(Viewer& viewer, uint64_t id, uint64_t count) {
    if (count <= viewer.seen[id])
      Fail(viewer, absl::StrCat("article ", id, " went from ", viewer.seen[id], " to ", count));
    viewer.seen[id] = count;
    absl::MutexLock lock(&mutex_);
    ++acknowledged_[viewer.name];
  }

  void Repeat() {
    ++repeated_;
    std::this_thread::sleep_for(kPauseBeforeRetry);
  }

  void Fail(const Viewer& viewer, absl::string_view why) {
    absl::MutexLock lock(&mutex_);
    if (errors_.size() < kMostErrorsTold) errors_.push_back(absl::StrCat(viewer.name, ": ", why));
  }

  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> repeated_ = 0;
  mutable absl::Mutex mutex_;
  std::map<std::string, uint64_t> acknowledged_ ABSL_GUARDED_BY(mutex_);  // views, by viewer
  std::vector<std::string> errors_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

// A view that was repeated without need would be there twice, one that was given up would be missing.
void ExpectEachViewOnce(Stack& stack, const Viewers& viewers) {
  EXPECT_THAT(viewers.errors(), IsEmpty());
  stack.RunSync();
  EXPECT_EQ(Stack::ViewsInMysql(), viewers.acknowledged());
  const v1::AuditResponse books = stack.Audit();
  EXPECT_EQ(books.difference(), 0);
  EXPECT_EQ(books.recorded(), static_cast<int64_t>(viewers.acknowledged()));
  EXPECT_EQ(books.dead_lettered(), 0);
}

TEST(RestartTest, NoViewIsLostOrDoubledOrAnsweredByAnErrorWhileEachProgramIsReplaced) {
  Stack stack(kArticles, "50ms");
  Viewers viewers(stack.gateway->address(), stack.article_service->address());
  for (int round = 0; round < 2; ++round) {
    for (ProgramProcess* program :
         {stack.gateway.get(), stack.article_service.get(), stack.sync_service.get()}) {
      viewers.AwaitViews(kViews);
      EXPECT_EQ(program->Stop(), 0) << program->log();
      program->Restart();
    }
  }
  viewers.AwaitViews(kViews);
  viewers.Stop();
  EXPECT_GT(viewers.repeated(), 0u);
  ExpectEachViewOnce(stack, viewers);
}

TEST(RestartTest, ASecondProgramBesideTheFirstTakesOver) {
  Stack stack(kArticles, "50ms");
  std::map<std::string, std::string> variables = Stack::ServerVariables();
  variables["READCOUNT_SYNC_INTERVAL"] = "50ms";
  const auto start = [&](const char* name) { return std::make_unique<ProgramProcess>(name, variables); };
  auto second = start("article-service");
  Viewers viewers("", absl::StrCat("ipv4:", stack.article_service->address(), ",", second->address()));
  for (int round = 0; round < 2; ++round) {
    viewers.AwaitViews(kViews);
    ProgramProcess& old = round % 2 == 0 ? *stack.article_service : *second;
    EXPECT_EQ(old.Stop(), 0) << old.log();
    viewers.AwaitViews(kViews);
    old.Restart();
    const auto standby = start("sync-service");
    EXPECT_EQ(stack.sync_service->Stop(), 0) << stack.sync_service->log();
    stack.sync_service->Restart();
    EXPECT_EQ(standby->Stop(), 0) << standby->log();
  }
  viewers.Stop();
  ExpectEachViewOnce(stack, viewers);
}

}  // namespace
}  // namespace readcount::testing
