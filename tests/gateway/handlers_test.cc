#include "gateway/handlers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "gateway/text_renewal.h"
#include "tests/fakes/clock.h"

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

class FakeArticles final : public ArticleBackend {
 public:
  void View(uint64_t id, bool text, Callback<v1::Article> callback) override {
    (text ? viewed : counted).push_back(id);
    Answer(id, callback);
  }
  void Get(uint64_t id, Callback<v1::Article> callback) override {
    got.push_back(id);
    Answer(id, callback);
  }
  void BatchGet(std::vector<uint64_t> ids, Callback<v1::BatchGetArticlesResponse> callback) override {
    batches.push_back(ids);
    if (!status.ok()) return callback(status);
    v1::BatchGetArticlesResponse response;
    for (const uint64_t id : ids) {
      v1::ArticleResult& result = *response.add_results();
      result.set_id(id);
      if (absent.contains(id)) {
        result.mutable_error()->set_code(static_cast<int>(absl::StatusCode::kNotFound));
        continue;
      }
      article.set_id(id);
      *result.mutable_article() = article;
    }
    callback(response);
  }
  void List(const v1::ListArticlesRequest& request, Callback<v1::ListArticlesResponse> callback) override {
    listed.push_back(request);
    if (!status.ok()) return callback(status);
    callback(v1::ListArticlesResponse());
  }

  absl::Status status;                         // of every answer
  std::vector<uint64_t> viewed, counted, got;  // viewed whole, for the count alone, and not viewed
  v1::Article article;                         // of every answer, with the id and the next count
  std::vector<v1::ListArticlesRequest> listed;
  std::vector<std::vector<uint64_t>> batches;
  std::set<uint64_t> absent;  // of batches

 private:
  void Answer(uint64_t id, const Callback<v1::Article>& callback) {
    if (!status.ok()) return callback(status);
    article.set_id(id);
    article.set_read_count(article.read_count() + 1);
    callback(article);
  }
};

class FakeSync final : public SyncBackend {
 public:
  void GetStatus(Callback<v1::SyncStatus> callback) override {
    v1::SyncStatus idle;
    idle.set_phase(v1::SYNC_PHASE_IDLE);
    callback(idle);
  }
  void RunSync(const std::string& requested_by, Callback<v1::SyncRun> callback) override {
    runs.push_back(requested_by);
    if (!status.ok()) return callback(status);
    v1::SyncRun run;
    run.set_outcome(v1::SYNC_OUTCOME_SUCCEEDED);
    callback(run);
  }

  absl::Status status;
  std::vector<std::string> runs;
};

class FakeHealth final : public HealthBackend {
 public:
  void Check(std::function<void(const Readiness&)> callback) override { callback(readiness); }

  Readiness readiness;
};

class HandlersTest : public ::testing::Test {
 protected:
  Response Ask(Request request, const std::string& target) {
    absl::StatusOr<Target> parsed = ParseTarget(target);
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    if (parsed.ok()) request.target = *std::move(parsed);
    const Router router(MakeRoutes(articles_, views_, sync_, health_, token_), /*max_requests=*/1);
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
        "/api/article/1.0", "/api/article/abc", "/api/article/%31", "/api/article/1/2",
        "/api/article/18446744073709551616", "/api/article/1?view=no", "/api/article/1?view=False"}) {
    EXPECT_EQ(Get(target).status, 400) << target;
  }
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

}  // namespace
}  // namespace readcount::gateway
