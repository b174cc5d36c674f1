#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_replace.h"
#include "services/common/base/sleeper.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/await.h"

namespace readcount::testing {
namespace {

constexpr char kLiveKey[] = "article_sys:read_count:hash";

TEST(WalkTest, CountsRiseInRedisAndArriveInMysqlWithoutAJump) {
  Stack stack;
  HttpClient client(stack.gateway->address());
  for (uint64_t expected = 1; expected <= 3; ++expected) {
    const std::optional<HttpReply> reply = client.Get("/api/article/1");
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->status, 200) << reply->body;
    EXPECT_EQ(reply->Number("code"), 0u);
    EXPECT_EQ(reply->Number("read_count"), expected);
  }
  EXPECT_EQ(SharedRedis().Command({"HGET", kLiveKey, "1"}).text, "3");
  EXPECT_EQ(SharedMariadb().Number("SELECT read_count FROM articles WHERE id = 1"), 0u);
  const v1::SyncRun run = stack.RunSync();
  EXPECT_EQ(run.views(), 3);
  EXPECT_EQ(run.articles(), 1u);
  EXPECT_EQ(SharedMariadb().Number("SELECT read_count FROM articles WHERE id = 1"), 3u);
  EXPECT_EQ(SharedRedis().Command({"EXISTS", kLiveKey}).integer, 0);
  EXPECT_EQ(client.Get("/api/article/1")->Number("read_count"), 4u);
}

TEST(WalkTest, TheTimerBringsViewsToMysqlByItself) {
  Stack stack(2, "50ms");
  HttpClient client(stack.gateway->address());
  ASSERT_EQ(client.Get("/api/article/2")->status, 200);
  // The status may have gone on to a later run, without views; such runs are not kept.
  v1::ListSyncRunsResponse runs;
  const auto one_is_kept = [&] {
    grpc::ClientContext context;
    return stack.syncer->ListSyncRuns(&context, {}, &runs).ok() && runs.runs_size() > 0;
  };
  ASSERT_TRUE(Await(one_is_kept)) << stack.sync_service->log();
  EXPECT_EQ(runs.runs(0).requested_by(), "timer");
  EXPECT_EQ(runs.runs(0).views(), 1);
  EXPECT_EQ(SharedMariadb().Number("SELECT read_count FROM articles WHERE id = 2"), 1u);
}

TEST(WalkTest, HeadPrefetchAndViewFalseCountNothing) {
  Stack stack;
  HttpClient client(stack.gateway->address());
  EXPECT_EQ(client.Send("HEAD", "/api/article/1")->status, 200);
  EXPECT_EQ(
      client.Send("GET", "/api/article/1", {{"Sec-Purpose", "prefetch;prerender"}})->Number("read_count"),
      0u);
  EXPECT_EQ(client.Send("GET", "/api/article/1", {{"Purpose", "prefetch"}})->Number("read_count"), 0u);
  EXPECT_EQ(client.Get("/api/article/1?view=false")->Number("read_count"), 0u);
  EXPECT_EQ(SharedRedis().Command({"EXISTS", kLiveKey}).integer, 0);
  EXPECT_EQ(client.Get("/api/article/1")->Number("read_count"), 1u);
}

TEST(Fault26, BadIdsLeaveNothingInRedis) {
  Stack stack;
  HttpClient client(stack.gateway->address());
  for (const std::string& id :
       {std::string("0"), std::string("-1"), std::string("18446744073709551616"), std::string("1e3"),
        std::string("+1"), std::string("%31"), std::string("%2F"), std::string("%00"), std::string(".."),
        std::string("%FF"), std::string(4096, '7')}) {
    const std::optional<HttpReply> reply = client.Get("/api/article/" + id);
    ASSERT_TRUE(reply.has_value()) << id;
    EXPECT_EQ(reply->status, 400) << id;
    EXPECT_EQ(reply->Number("code"), 3u) << id;
  }
  for (const char* id : {"3", "9223372036854775808", "18446744073709551615"}) {
    EXPECT_EQ(client.Get(std::string("/api/article/") + id)->status, 404) << id;
  }
  SharedMariadb().Query("UPDATE articles SET is_deleted = 1 WHERE id = 2");
  EXPECT_EQ(client.Get("/api/article/2")->status, 404);
  EXPECT_EQ(SharedRedis().Command({"EXISTS", kLiveKey}).integer, 0);
}

TEST(WalkTest, AServiceThatMysqlDoesNotLetInIsUnavailableToItsCallers) {
  const std::string stranger = absl::StrReplaceAll(SharedMariadb().url(), {{"root@", "stranger:wrong@"}});
  Stack stack(2, "off", {{"READCOUNT_MYSQL_DSN", stranger}});
  HttpClient client(stack.gateway->address());
  const std::optional<HttpReply> viewed = client.Get("/api/article/1");
  ASSERT_TRUE(viewed.has_value());
  EXPECT_EQ(viewed->status, 503) << viewed->body;
  EXPECT_THAT(viewed->body, ::testing::HasSubstr("nothing was counted"));
  EXPECT_EQ(client.Get("/api/articles")->status, 503);
  EXPECT_EQ(client.Get("/api/sync/runs")->status, 503);
  grpc::ClientContext view, audit;
  v1::ViewArticleRequest request;
  v1::ViewArticleResponse response;
  request.set_id(1);
  const grpc::Status status = stack.articles->ViewArticle(&view, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), ::testing::AllOf(::testing::HasSubstr("nothing was counted"),
                                                       ::testing::HasSubstr("check mysql.dsn")));
  v1::AuditResponse books;
  EXPECT_EQ(stack.syncer->Audit(&audit, {}, &books).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(SharedRedis().Command({"EXISTS", kLiveKey}).integer, 0);
}

TEST(WalkTest, PagesHoldEveryArticleOnceWithItsLiveCount) {
  Stack stack(45);
  HttpClient client(stack.gateway->address());
  ASSERT_EQ(client.Get("/api/article/45")->status, 200);
  std::string token;
  std::vector<uint64_t> ids;
  do {
    grpc::ClientContext context;
    v1::ListArticlesRequest request;
    v1::ListArticlesResponse page;
    request.set_page_size(10);
    request.set_page_token(token);
    ASSERT_TRUE(stack.articles->ListArticles(&context, request, &page).ok());
    for (const v1::Article& article : page.articles()) ids.push_back(article.id());
    if (token.empty()) {
      EXPECT_EQ(page.articles(0).read_count(), 1u);
    }
    token = page.next_page_token();
  } while (!token.empty());
  ASSERT_EQ(ids.size(), 45u);
  EXPECT_TRUE(std::is_sorted(ids.rbegin(), ids.rend()));
  EXPECT_EQ(client.Get("/api/articles?author=ann&page_size=100")->body.find("\"author\":\"bob\""),
            std::string::npos);
  EXPECT_EQ(client.Get("/api/articles?page_token=forged")->status, 400);
  EXPECT_EQ(client.Get("/api/articles?page_size=-1")->status, 400);
  EXPECT_EQ(client.Get("/api/articles?page_size=1000000")->status, 400);
}

TEST(WalkTest, OneReaderSeesEveryNumberOnceWhileSyncsRun) {
  constexpr uint64_t kViews = 1500;
  Stack stack;
  std::atomic<bool> stopping = false;
  std::thread syncs([&] {
    EventSleeper pause;
    while (!stopping && pause.SleepFor(absl::Milliseconds(200))) stack.RunSync();
  });
  HttpClient client(stack.gateway->address());
  uint64_t wrong = 0;
  for (uint64_t expected = 1; expected <= kViews; ++expected) {
    const std::optional<HttpReply> reply = client.Get("/api/article/1");
    if (!reply.has_value() || reply->Number("read_count") != expected) ++wrong;
  }
  stopping = true;
  syncs.join();
  EXPECT_EQ(wrong, 0u);
  stack.RunSync();
  EXPECT_EQ(Stack::ViewsInMysql(), kViews);
}

TEST(WalkTest, NoReaderSeesACountFall) {
  Stack stack(20, "100ms");
  Load load(stack.gateway->address(), 8, 20);
  uint64_t falls = 0;
  HttpClient reader(stack.gateway->address());
  std::map<uint64_t, uint64_t> seen;
  for (int i = 0; i < 2000; ++i) {
    const uint64_t id = 1 + i % 20;
    const std::optional<HttpReply> reply = reader.Get("/api/article/" + std::to_string(id) + "?view=false");
    ASSERT_TRUE(reply.has_value());
    const uint64_t count = reply->Number("read_count").value_or(0);
    if (count < seen[id]) ++falls;
    seen[id] = count;
  }
  load.AwaitViews(5000);
  load.Stop();
  EXPECT_EQ(falls, 0u);
  EXPECT_EQ(load.falls(), 0u);
  EXPECT_EQ(load.unknown(), 0u);
  stack.RunSync();
  EXPECT_EQ(Stack::ViewsInMysql(), load.acknowledged());
}

}  // namespace
}  // namespace readcount::testing
