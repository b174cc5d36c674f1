#include "gateway/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace readcount::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(JsonTest, AnArticleHasAllItsFieldsInOrder) {
  v1::Article article;
  article.set_id(7);
  article.set_title("t");
  article.set_read_count(3);
  article.set_content("c");
  article.set_author("a");
  article.mutable_created_at()->set_seconds(0);
  article.mutable_updated_at()->set_seconds(1700000000);
  article.mutable_updated_at()->set_nanos(250000000);
  EXPECT_EQ(
      ArticleJson(article),
      R"({"code":0,"message":"ok","data":{"id":7,"title":"t","read_count":3,"content":"c","author":"a",)"
      R"("created_at":"1970-01-01T00:00:00Z","updated_at":"2023-11-14T22:13:20.25Z"}})");
}

TEST(JsonTest, ATextWithACountIsTheArticle) {
  v1::Article article;
  article.set_id(7);
  article.set_title(R"("read_count":0)");
  article.set_content("c\nd");
  article.mutable_created_at()->set_seconds(0);
  for (const uint64_t count : {uint64_t{0}, uint64_t{10}, std::numeric_limits<uint64_t>::max()}) {
    for (const bool stale : {false, true}) {
      article.set_read_count(count);
      article.set_read_count_stale(stale);
      EXPECT_EQ(ArticleJson(MakeArticleText(article), count, stale), ArticleJson(article));
    }
  }
}

TEST(JsonTest, AbsentTimesAreNull) {
  const std::string json = ArticleJson(v1::Article());
  EXPECT_THAT(json, HasSubstr(R"("created_at":null,"updated_at":null)"));
}

TEST(JsonTest, NumbersKeepAllTheir64Bits) {
  v1::Article article;
  article.set_id(std::numeric_limits<uint64_t>::max());
  article.set_read_count(std::numeric_limits<uint64_t>::max() - 1);
  const std::string json = ArticleJson(article);
  EXPECT_THAT(json, HasSubstr(R"("id":18446744073709551615,)"));
  EXPECT_THAT(json, HasSubstr(R"("read_count":18446744073709551614,)"));
  v1::SyncRun run;
  run.set_views(std::numeric_limits<int64_t>::min());
  EXPECT_THAT(SyncRunJson(run), HasSubstr(R"("views":-9223372036854775808,)"));
}

TEST(JsonTest, StaleMarksStandOnlyWhereTheyAreTrue) {
  v1::Article article;
  EXPECT_THAT(ArticleJson(article), Not(HasSubstr("stale")));
  article.set_read_count_stale(true);
  EXPECT_THAT(ArticleJson(article), HasSubstr(R"(,"read_count_stale":true}})"));
  article.set_content_stale(true);
  EXPECT_THAT(ArticleJson(article), HasSubstr(R"(,"read_count_stale":true,"content_stale":true}})"));
  article.clear_read_count_stale();
  EXPECT_THAT(ArticleJson(article), Not(HasSubstr("read_count_stale")));
}

TEST(JsonTest, TextIsEscapedAndUtf8StaysAsItIs) {
  v1::Article article;
  article.set_title(std::string("\"\\\n\t\x01", 5));
  article.set_content("数 \xF0\x9F\x98\x80 </script>");
  const std::string json = ArticleJson(article);
  EXPECT_THAT(json, HasSubstr(R"("title":"\"\\\n\t\u0001")"));
  EXPECT_THAT(json, HasSubstr("\"content\":\"数 \xF0\x9F\x98\x80 </script>\""));
}

TEST(JsonTest, ANulIsEscapedAndEndsNothing) {
  EXPECT_EQ(ErrorJson(3, absl::string_view("a\0b", 3)), R"({"code":3,"message":"a\u0000b","data":null})");
}

TEST(JsonTest, APageListsItsArticlesAndTheNextToken) {
  v1::ListArticlesResponse page;
  EXPECT_EQ(ArticlesJson(page), R"({"code":0,"message":"ok","data":{"articles":[],"next_page_token":""}})");
  page.add_articles()->set_id(2);
  page.add_articles()->set_id(1);
  page.set_next_page_token("next");
  const std::string json = ArticlesJson(page);
  EXPECT_THAT(json, HasSubstr(R"("articles":[{"id":2,)"));
  EXPECT_THAT(json, HasSubstr(R"(},{"id":1,)"));
  EXPECT_THAT(json, HasSubstr(R"(],"next_page_token":"next"}})"));
}

TEST(JsonTest, ASyncRunSaysWhenHowLongAndHowItEnded) {
  v1::SyncRun run;
  run.set_id(4);
  run.mutable_started_at()->set_seconds(1);
  run.mutable_duration()->set_seconds(1);
  run.mutable_duration()->set_nanos(500000000);
  run.set_outcome(v1::SYNC_OUTCOME_SUCCEEDED);
  run.set_articles(2);
  run.set_views(9);
  run.set_batches(1);
  run.set_resumed(true);
  run.set_requested_by("gateway");
  EXPECT_EQ(
      SyncRunJson(run),
      R"({"code":0,"message":"ok","data":{"id":4,"started_at":"1970-01-01T00:00:01Z","finished_at":null,)"
      R"("duration_seconds":1.5,"outcome":"succeeded","articles":2,"views":9,"dead_letters":0,)"
      R"("batches":1,"resumed":true,"error":"","requested_by":"gateway"}})");
}

TEST(JsonTest, ASyncStatusBeforeTheFirstRunHasNullsForIt) {
  v1::SyncStatus status;
  status.set_phase(v1::SYNC_PHASE_BACKING_OFF);
  status.set_views_done(-1);
  status.set_lag_seconds(0.5);
  status.set_epoch(12);
  const std::string json = SyncStatusJson(status);
  EXPECT_THAT(json, HasSubstr(R"("phase":"backing_off")"));
  EXPECT_THAT(json, HasSubstr(R"("views_done":-1,)"));
  EXPECT_THAT(json, HasSubstr(R"("lag_seconds":0.5,)"));
  EXPECT_THAT(json, HasSubstr(R"("last_run":null,"next_run_at":null,)"));
  EXPECT_THAT(json, HasSubstr(R"("epoch":12,"version":"","durability":{"level":"","findings":[]}}})"));
}

TEST(JsonTest, ASyncStatusHoldsItsLastRun) {
  v1::SyncStatus status;
  status.mutable_last_run()->set_outcome(v1::SYNC_OUTCOME_FAILED);
  status.mutable_last_run()->set_error("MySQL is away");
  const std::string json = SyncStatusJson(status);
  EXPECT_THAT(json, HasSubstr(R"("last_run":{"id":0,)"));
  EXPECT_THAT(json, HasSubstr(R"("outcome":"failed")"));
  EXPECT_THAT(json, HasSubstr(R"("error":"MySQL is away")"));
}

TEST(JsonTest, ReadinessNamesBothServices) {
  EXPECT_EQ(ReadinessJson(true, "serving", "away"),
            R"({"code":0,"message":"ok","data":{"article_service":"serving","sync_service":"away"}})");
  EXPECT_THAT(ReadinessJson(false, "away", "serving"), HasSubstr(R"({"code":14,"message":"not ready)"));
}

TEST(JsonTest, TheLivingProcessSaysSo) {
  EXPECT_EQ(AliveJson(), R"({"code":0,"message":"ok","data":{"status":"alive"}})");
}

TEST(JsonTest, AProblemHasTheMembersOfItsRfcAndItsOwn) {
  EXPECT_EQ(
      ProblemJson({.http_status = 404, .title = "Not Found", .code = 5, .detail = "no\n", .request_id = "r"}),
      R"({"type":"about:blank","title":"Not Found","status":404,"detail":"no\n","code":5,"request_id":"r"})");
}

}  // namespace
}  // namespace readcount::gateway
