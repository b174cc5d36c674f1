#include "gateway/handlers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/text_renewal.h"
#include "tests/fakes/clock.h"
#include "tests/gateway/fake_backends.h"

namespace readcount::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class HandlersTest : public ::testing::Test {
 protected:
  std::vector<Route> Routes() {
    return MakeRoutes({.articles = articles_,
                       .views = views_,
                       .article_events = article_events_,
                       .sync = sync_,
                       .status_events = status_events_,
                       .health = health_,
                       .clock = clock_},
                      AdminToken(token_));
  }
  Response Ask(Request request, const std::string& target) {
    absl::StatusOr<Target> parsed = ParseTarget(target);
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    if (parsed.ok()) request.target = *std::move(parsed);
    const Router router(Routes(), /*max_requests=*/1);
    std::vector<Response> responses;
    router.Dispatch(request, [&](Response response) { responses.push_back(std::move(response)); });
    EXPECT_THAT(responses, SizeIs(1));
    return responses.empty() ? Response() : responses.front();
  }
  Response Get(const std::string& target) { return Ask({.method = Method::kGet}, target); }
  Response PostSync(const std::string& authorization) {
    return Ask({.method = Method::kPost, .target = {}, .authorization = authorization}, "/api/sync");
  }

  FakeArticles articles_;
  FakeClock clock_;
  TextCache texts_{1 << 20, clock_};
  ArticleViews views_{articles_, texts_};
  TextRenewal renewal_{articles_, texts_};
  FakeSync sync_;
  FakeHealth health_;
  StreamLimit limit_{10, 2};
  ArticleEvents article_events_{articles_, limit_};
  StatusEvents status_events_{sync_, limit_, clock_};
  std::string token_ = "secret";
};

TEST_F(HandlersTest, GetCountsOneView) {
  const Response response = Get("/api/article/7");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("id":7,)"));
  EXPECT_THAT(articles_.viewed, ElementsAre(7u));
  EXPECT_THAT(articles_.got, IsEmpty());
}

TEST_F(HandlersTest, GetWithViewTrueCountsToo) {
  EXPECT_EQ(Get("/api/article/7?view=true").status, 200);
  EXPECT_THAT(articles_.viewed, ElementsAre(7u));
}

TEST_F(HandlersTest, HeadAndViewFalseAndPrefetchesDoNotCount) {
  EXPECT_EQ(Ask({.method = Method::kHead}, "/api/article/1").status, 200);
  EXPECT_EQ(Get("/api/article/2?view=false").status, 200);
  EXPECT_EQ(
      Ask({.method = Method::kGet, .target = {}, .authorization = "", .prefetch = true}, "/api/article/3")
          .status,
      200);
  EXPECT_THAT(articles_.viewed, IsEmpty());
  EXPECT_THAT(articles_.got, ElementsAre(1u, 2u, 3u));
}

TEST_F(HandlersTest, TakesTheLargestId) {
  EXPECT_EQ(Get("/api/article/18446744073709551615").status, 200);
  EXPECT_THAT(articles_.viewed, ElementsAre(18446744073709551615u));
}

TEST_F(HandlersTest, ABadIdOrViewIsRefusedAndAsksNobody) {
  for (const char* target :
       {"/api/article/", "/api/article/0", "/api/article/-1", "/api/article/+1", "/api/article/01",
        "/api/article/1.0", "/api/article/abc", "/api/article/%31", "/api/article/18446744073709551616",
        "/api/article/1?view=no", "/api/article/1?view=False"}) {
    EXPECT_EQ(Get(target).status, 400) << target;
  }
  EXPECT_EQ(Get("/api/article/1/2").status, 404);
  EXPECT_THAT(articles_.viewed, IsEmpty());
  EXPECT_THAT(articles_.got, IsEmpty());
}

TEST_F(HandlersTest, UnknownQueryParametersAreIgnored) {
  EXPECT_EQ(Get("/api/article/7?utm_source=mail").status, 200);
  EXPECT_THAT(articles_.viewed, ElementsAre(7u));
}

TEST_F(HandlersTest, ATextAtHandNeedsOnlyItsCount) {
  articles_.article.set_title("as it was");
  articles_.article.set_text_fresh_ms(60000);
  EXPECT_THAT(Get("/api/article/7").body, HasSubstr(R"("title":"as it was","read_count":1,)"));
  articles_.article.set_title("as it is");
  EXPECT_THAT(Get("/api/article/7").body, HasSubstr(R"("title":"as it was","read_count":2,)"));
  EXPECT_THAT(articles_.viewed, ElementsAre(7u));
  EXPECT_THAT(articles_.counted, ElementsAre(7u));
}

TEST_F(HandlersTest, AStaleCountIsMarkedBesideATextAtHand) {
  articles_.article.set_text_fresh_ms(60000);
  EXPECT_THAT(Get("/api/article/7").body, Not(HasSubstr("stale")));
  articles_.article.set_read_count_stale(true);
  EXPECT_THAT(Get("/api/article/7").body, HasSubstr(R"(,"read_count_stale":true}})"));
  EXPECT_THAT(articles_.counted, ElementsAre(7u));
}

TEST_F(HandlersTest, TextsInUseAreRenewedBeforeTheyExpire) {
  articles_.article.set_title("old");
  articles_.article.set_text_fresh_ms(60000);
  for (const char* target : {"/api/article/7", "/api/article/7", "/api/article/8", "/api/article/8"})
    Get(target);
  articles_.article.set_title("new");
  articles_.absent = {8};
  renewal_.Poll();
  EXPECT_THAT(articles_.batches, IsEmpty());
  clock_.Advance(absl::Seconds(50));
  renewal_.Poll();
  ASSERT_THAT(articles_.batches, SizeIs(1));
  EXPECT_THAT(articles_.batches[0], UnorderedElementsAre(7u, 8u));
  clock_.Advance(absl::Seconds(50));
  EXPECT_THAT(Get("/api/article/7").body, HasSubstr(R"("title":"new")"));
  EXPECT_THAT(articles_.viewed, ElementsAre(7u, 8u));
  Get("/api/article/8");
  EXPECT_THAT(articles_.viewed, ElementsAre(7u, 8u, 8u)) << "it was told to be gone";
}

TEST_F(HandlersTest, ATextThatCannotBeRenewedExpires) {
  articles_.article.set_text_fresh_ms(60000);
  for (int i = 0; i < 2; ++i) Get("/api/article/7");
  clock_.Advance(absl::Seconds(50));
  articles_.status = absl::UnavailableError("away");
  for (int i = 0; i < 2; ++i) renewal_.Poll();
  EXPECT_THAT(articles_.batches, SizeIs(1));
  articles_.status = absl::OkStatus();
  Get("/api/article/7");
  clock_.Advance(absl::Seconds(10));
  EXPECT_THAT(articles_.viewed, ElementsAre(7u));
  Get("/api/article/7");
  EXPECT_THAT(articles_.viewed, ElementsAre(7u, 7u));
}

TEST_F(HandlersTest, AStaleTextIsNotKept) {
  articles_.article.set_text_fresh_ms(60000);
  articles_.article.set_content_stale(true);
  for (int i = 0; i < 2; ++i) EXPECT_THAT(Get("/api/article/7").body, HasSubstr(R"("content_stale":true)"));
  EXPECT_THAT(articles_.viewed, ElementsAre(7u, 7u));
}

TEST_F(HandlersTest, TheTextOfAnArticleThatIsGoneIsForgotten) {
  articles_.article.set_text_fresh_ms(60000);
  EXPECT_EQ(Get("/api/article/7").status, 200);
  articles_.status = absl::NotFoundError("no article 7");
  EXPECT_EQ(Get("/api/article/7").status, 404);
  articles_.status = absl::OkStatus();
  EXPECT_EQ(Get("/api/article/7").status, 200);
  EXPECT_THAT(articles_.viewed, ElementsAre(7u, 7u));
  EXPECT_THAT(articles_.counted, ElementsAre(7u));
}

TEST_F(HandlersTest, ABackendsErrorBecomesTheAnswer) {
  articles_.status = absl::NotFoundError("no article 7");
  const Response response = Get("/api/article/7");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, R"({"code":5,"message":"no article 7","data":null})");
  articles_.status = absl::ResourceExhaustedError("too much");
  EXPECT_THAT(Get("/api/articles").headers, Contains(Pair("Retry-After", "1")));
}

TEST_F(HandlersTest, ListPassesItsParametersOn) {
  EXPECT_EQ(Get("/api/articles?page_size=5&page_token=t&author=%E4%BD%9C").status, 200);
  EXPECT_EQ(Get("/api/articles").status, 200);
  ASSERT_THAT(articles_.listed, SizeIs(2));
  EXPECT_EQ(articles_.listed[0].page_size(), 5);
  EXPECT_EQ(articles_.listed[0].page_token(), "t");
  EXPECT_EQ(articles_.listed[0].author(), "作");
  EXPECT_EQ(articles_.listed[1].page_size(), 0);
  EXPECT_EQ(articles_.listed[1].page_token(), "");
}

TEST_F(HandlersTest, WhatARequestBroughtGoesOnToTheService) {
  Request request{.method = Method::kGet};
  request.timeout = absl::Seconds(3);
  request.request_id = RequestId::Parse("abc");
  request.metadata = {{"tenant", "blue"}};
  Ask(request, "/api/article/7");
  EXPECT_THAT(articles_.timeouts, ElementsAre(absl::Seconds(3)));
  Ask(request, "/api/article/7?view=false");
  ASSERT_THAT(articles_.passed, SizeIs(1));
  EXPECT_EQ(articles_.passed[0].timeout, absl::Seconds(3));
  EXPECT_EQ(articles_.passed[0].request_id.text(), "abc");
  EXPECT_THAT(articles_.passed[0].metadata, ElementsAre(Pair("tenant", "blue")));
}

TEST_F(HandlersTest, TheStatusOfTheArticleServiceNamesNoServers) {
  const Response response = Get("/api/status");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("mode":"normal")"));
  EXPECT_THAT(response.body, Not(HasSubstr("10.9.8.7")));
}

TEST_F(HandlersTest, TheHistoryIsReadPageByPage) {
  EXPECT_EQ(Get("/api/sync/runs?page_size=7&page_token=12").status, 200);
  EXPECT_EQ(Get("/api/sync/runs?page_size=none").status, 400);
  ASSERT_THAT(sync_.listed, SizeIs(1));
  EXPECT_EQ(sync_.listed[0].page_size(), 7);
  EXPECT_EQ(sync_.listed[0].page_token(), "12");
}

TEST_F(HandlersTest, OrderIsLeftToTheService) {
  EXPECT_EQ(Get("/api/articles?order_by=newest").status, 200);
  ASSERT_THAT(articles_.listed, SizeIs(1));
  EXPECT_EQ(articles_.listed[0].order_by(), "newest");
}

TEST_F(HandlersTest, ThePagesComeFromTheProgramItself) {
  for (const char* target : {"/", "/docs", "/openapi.json", "/web/chart.min.js", "/web/bootstrap.min.css"}) {
    const Response response = Get(target);
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_FALSE(response.body.empty()) << target;
    EXPECT_STREQ(response.cache_control, "no-cache") << target;
    EXPECT_THAT(response.headers, Contains(Pair("ETag", HasSubstr("\"")))) << target;
  }
  EXPECT_THAT(Get("/").headers, Contains(Pair("Content-Security-Policy", HasSubstr("default-src 'none'"))));
  EXPECT_EQ(Get("/web/absent.js").status, 404);
  EXPECT_EQ(Get("/web/").status, 404);
  EXPECT_EQ(Get("/web/index.html").status, 404) << "it is at /";
}

TEST_F(HandlersTest, AFileThatTheClientHasIsNotSentAgain) {
  const auto tag_of = [](const Response& response) {
    for (const auto& [name, value] : response.headers) {
      if (name == "ETag") return value;
    }
    return std::string();
  };
  Request request{.method = Method::kGet};
  const Response plain = Ask(request, "/web/chart.min.js");
  request.if_none_match = tag_of(plain);
  EXPECT_EQ(Ask(request, "/web/chart.min.js").status, 304);
  request.accept_encoding = "gzip";
  const Response packed = Ask(request, "/web/chart.min.js");
  EXPECT_EQ(packed.status, 200) << "other bytes";
  EXPECT_LT(packed.body.size(), plain.body.size() / 2);
  EXPECT_THAT(packed.headers, Contains(Pair("Content-Encoding", "gzip")));
  request.if_none_match = "\"other\", W/" + tag_of(packed);
  EXPECT_EQ(Ask(request, "/web/chart.min.js").status, 304);
}

TEST_F(HandlersTest, ABadPageSizeIsRefused) {
  for (const char* size : {"", "0", "-1", "+1", "%201", "1%20", "x", "1.5", "1e1", "99999999999"}) {
    EXPECT_EQ(Get(std::string("/api/articles?page_size=") + size).status, 400) << size;
  }
  EXPECT_THAT(articles_.listed, IsEmpty());
}

TEST_F(HandlersTest, AnyoneMayReadTheSyncStatus) {
  const Response response = Get("/api/sync");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("phase":"idle")"));
  EXPECT_THAT(sync_.runs, IsEmpty());
}

TEST_F(HandlersTest, PostSyncIsClosedWithoutAConfiguredToken) {
  token_ = "";
  EXPECT_EQ(PostSync("").status, 403);
  EXPECT_EQ(PostSync("Bearer ").status, 403);
  EXPECT_THAT(sync_.runs, IsEmpty());
}

TEST_F(HandlersTest, PostSyncAsksForTheToken) {
  for (const char* authorization : {"", "Bearer wrong", "Basic secret"}) {
    const Response response = PostSync(authorization);
    EXPECT_EQ(response.status, 401) << authorization;
    EXPECT_THAT(response.headers, Contains(Pair("WWW-Authenticate", "Bearer"))) << authorization;
  }
  EXPECT_THAT(sync_.runs, IsEmpty());
}

TEST_F(HandlersTest, PostSyncWithTheTokenRunsASync) {
  const Response response = PostSync("Bearer secret");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("outcome":"succeeded")"));
  EXPECT_THAT(sync_.runs, ElementsAre("gateway"));
}

TEST_F(HandlersTest, AFailedSyncIsAnError) {
  sync_.status = absl::UnavailableError("MySQL is away");
  const Response response = PostSync("Bearer secret");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.headers, Contains(Pair("Retry-After", "1")));
}

TEST_F(HandlersTest, TheProcessLivesWhateverTheServicesDo) {
  health_.readiness = {absl::UnavailableError("a"), absl::UnavailableError("s")};
  EXPECT_EQ(Get("/healthz").status, 200);
}

TEST_F(HandlersTest, ReadinessDependsOnTheArticleServiceAlone) {
  EXPECT_EQ(Get("/readyz").status, 200);
  health_.readiness.sync_service = absl::UnavailableError("away");
  const Response degraded = Get("/readyz");
  EXPECT_EQ(degraded.status, 200);
  EXPECT_THAT(degraded.body, HasSubstr(R"("sync_service":"away")"));
  health_.readiness.article_service = absl::UnavailableError("gone");
  const Response unready = Get("/readyz");
  EXPECT_EQ(unready.status, 503);
  EXPECT_THAT(unready.body, HasSubstr(R"("article_service":"gone")"));
  EXPECT_THAT(unready.headers, Contains(Pair("Retry-After", "1")));
}

// Those that are added one day too.
TEST_F(HandlersTest, EveryPostAsksForTheToken) {
  int posts = 0;
  for (const Route& route : Routes()) {
    if (!route.post) continue;
    ++posts;
    int status = 0;
    route.post({.method = Method::kPost}, "", [&](const Response& response) { status = response.status; });
    EXPECT_EQ(status, 401) << route.path;
  }
  EXPECT_GE(posts, 1);
  EXPECT_THAT(sync_.runs, IsEmpty());
}

}  // namespace
}  // namespace readcount::gateway
