#include "tests/support/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/stack.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {
namespace {

// The three programs' metrics, scraped as Prometheus does, while views, syncs and faults come.
class MetricsTest : public ::testing::Test {
 protected:
  static constexpr int kViews = 3;

  ~MetricsTest() override {
    SharedRedis().Start();
    SharedMariadb().Start();
  }

  static void View(Stack& stack, int status = 200) {
    HttpClient client(stack.gateway->address());
    for (int i = 0; i < kViews; ++i) EXPECT_EQ(client.Get("/api/article/1")->status, status);
  }

  static std::string Mode(const std::string& mode) { return "readcount_mode{mode=\"" + mode + "\"}"; }

  // The program's metrics once it is in that mode and in no other.
  static Scrape AwaitMode(const ProgramProcess& program, const std::string& mode) {
    Scrape scrape = AwaitMetrics(program.metrics_address(),
                                 [&](const Scrape& now) { return now.Value(Mode(mode)) == 1; });
    double modes = 0;
    for (const auto& [series, value] : scrape.series) {
      if (series.starts_with("readcount_mode{")) modes += value;
    }
    EXPECT_EQ(modes, 1);
    return scrape;
  }

  TempDir dir_;
  const std::map<std::string, std::string> spool_ = {{"READCOUNT_ARTICLE_SPOOL", dir_.path("spool.db")}};
};

TEST_F(MetricsTest, CountAViewOnItsWholeWayIntoMysql) {
  Stack stack(2, "off", spool_);
  AwaitMode(*stack.article_service, "normal");
  AwaitMode(*stack.sync_service, "normal");
  View(stack);
  const Scrape gateway = AwaitMode(*stack.gateway, "normal");
  EXPECT_EQ(gateway.Value(R"(readcount_http_requests_total{route="/api/article/{id}",status="2xx"})"),
            kViews);
  EXPECT_EQ(gateway.Value(R"(readcount_article_streams{state="open"})"), 2) << "for articles and for counts";
  EXPECT_EQ(gateway.Value("readcount_stream_batch_views_sum"), kViews);
  EXPECT_EQ(gateway.Value(R"(readcount_text_cache_lookups_total{result="miss"})"), 1);
  EXPECT_EQ(gateway.Value(R"(readcount_text_cache_lookups_total{result="hit"})"), kViews - 1);
  EXPECT_EQ(gateway.Value("readcount_text_cache_articles"), 1);
  EXPECT_GT(gateway.Value("readcount_text_cache_bytes"), 0);
  EXPECT_EQ(gateway.Value(R"(readcount_http_connections_total{outcome="served"})"), 1);
  const std::string view_articles =
      R"({grpc_type="bidi_stream",grpc_service="readcount.v1.ArticleService",grpc_method="ViewArticles"})";
  EXPECT_EQ(gateway.Value("grpc_client_started_total" + view_articles), 2) << "for articles and for counts";
  EXPECT_EQ(gateway.Value("grpc_client_msg_sent_total" + view_articles), kViews);
  EXPECT_EQ(gateway.Value("grpc_client_msg_received_total" + view_articles), kViews);
  const Scrape article = ScrapeMetrics(stack.article_service->metrics_address());
  EXPECT_EQ(article.Value(R"(readcount_views_total{outcome="recorded"})"), kViews);
  EXPECT_EQ(article.Value("grpc_server_started_total" + view_articles), 2);
  EXPECT_EQ(article.Value("grpc_server_msg_received_total" + view_articles), kViews);
  EXPECT_EQ(article.Value("readcount_record_batch_views_sum"), kViews);
  EXPECT_EQ(article.Value("readcount_journal_entries"), kViews);
  EXPECT_EQ(article.Value(R"(readcount_cache_lookups_total{result="miss"})"), 1);
  EXPECT_EQ(article.Value(R"(readcount_cache_lookups_total{result="hit"})"), kViews - 1);
  EXPECT_EQ(article.Value(R"(readcount_cache_loads_total{result="article"})"), 1);
  EXPECT_GE(article.Value("readcount_redis_command_duration_seconds_count"), kViews);
  EXPECT_GE(article.Value(R"(readcount_mysql_connects_total{outcome="ok"})"), 1);

  AwaitMetrics(stack.sync_service->metrics_address(),
               [](const Scrape& now) { return now.Value("readcount_pending_articles") == 1; });
  stack.RunSync();
  const Scrape sync = ScrapeMetrics(stack.sync_service->metrics_address());
  EXPECT_EQ(sync.Value(R"(readcount_sync_runs_total{outcome="succeeded"})"), 1);
  EXPECT_EQ(sync.Value("readcount_sync_articles_total"), 1);
  EXPECT_EQ(sync.Value(R"(readcount_sync_views_total{direction="added"})"), kViews);
  EXPECT_EQ(sync.Value("readcount_sync_batches_total"), 1);
  EXPECT_EQ(
      sync.Value(
          R"(grpc_server_handled_total{grpc_type="unary",grpc_service="readcount.v1.SyncService",grpc_method="RunSync",grpc_code="OK"})"),
      1);
  EXPECT_EQ(sync.Value("readcount_sync_run_duration_seconds_count"), 1);
  EXPECT_EQ(sync.Value(R"(readcount_sync_phase{phase="idle"})"), 1);
  EXPECT_EQ(sync.Value("readcount_pending_articles"), 0);
  EXPECT_GT(sync.Value("readcount_sync_last_success_timestamp_seconds"), 0);
}

TEST_F(MetricsTest, ShowRedisAwayViewsInTheSpoolAndTheirReturn) {
  Stack stack(2, "off", spool_);
  AwaitMode(*stack.article_service, "normal");
  View(stack);
  SharedRedis().Kill();
  AwaitMode(*stack.article_service, "redis_away_views_held");
  View(stack);
  const Scrape away = AwaitMode(*stack.article_service, "redis_away_views_held");
  EXPECT_EQ(away.Value("readcount_redis_up"), 0);
  EXPECT_EQ(away.Value("readcount_mysql_up"), 1);
  EXPECT_EQ(away.Value("readcount_spool_views"), kViews);
  EXPECT_GT(away.Value("readcount_spool_bytes"), 0);
  EXPECT_EQ(away.Value(R"(readcount_views_total{outcome="held"})"), kViews);
  EXPECT_GT(away.Value(R"(readcount_redis_connects_total{outcome="failed"})"), 0);
  EXPECT_EQ(AwaitMode(*stack.sync_service, "redis_away").Value("readcount_redis_up"), 0);

  SharedRedis().Start();
  const Scrape back = AwaitMode(*stack.article_service, "normal");
  EXPECT_EQ(back.Value("readcount_redis_up"), 1);
  EXPECT_EQ(back.Value("readcount_spool_views"), 0);
  EXPECT_EQ(back.Value("readcount_replayed_views_total"), kViews);
  EXPECT_EQ(back.Value(R"(readcount_views_total{outcome="recorded"})"), kViews);
  EXPECT_EQ(back.Value("readcount_life_changes_total"), 0);
  AwaitMode(*stack.sync_service, "normal");
}

TEST_F(MetricsTest, ShowViewsThatAreRefusedWithoutASpool) {
  Stack stack(2, "off", {{"READCOUNT_REDIS_RETRY_FOR", "0s"}});
  AwaitMode(*stack.article_service, "normal");
  View(stack);
  SharedRedis().Kill();
  AwaitMode(*stack.article_service, "redis_away_views_refused");
  View(stack, 503);
  const Scrape away = ScrapeMetrics(stack.article_service->metrics_address());
  EXPECT_EQ(away.Value(R"(readcount_views_total{outcome="refused"})") +
                away.Value(R"(readcount_views_total{outcome="unknown"})"),
            kViews);
  EXPECT_EQ(away.Value("readcount_spool_max_bytes"), 0);
  EXPECT_EQ(ScrapeMetrics(stack.gateway->metrics_address())
                .Value(R"(readcount_http_requests_total{route="/api/article/{id}",status="5xx"})"),
            kViews);
}

TEST_F(MetricsTest, ShowMysqlAwayAndRunsThatFail) {
  Stack stack(2, "50ms", spool_);
  AwaitMode(*stack.article_service, "normal");
  View(stack);
  SharedMariadb().Kill();
  EXPECT_EQ(AwaitMode(*stack.article_service, "mysql_away").Value("readcount_mysql_up"), 0);
  View(stack);
  const Scrape away = AwaitMetrics(stack.sync_service->metrics_address(), [](const Scrape& now) {
    return now.Value(Mode("mysql_away")) == 1 && now.Value("readcount_sync_consecutive_failures") > 0 &&
           now.Value("readcount_sync_lag_seconds") > 0;
  });
  EXPECT_GT(away.Value(R"(readcount_sync_runs_total{outcome="failed"})"), 0);
  EXPECT_GT(away.Value(R"(readcount_mysql_connects_total{outcome="failed"})"), 0);

  SharedMariadb().Start();
  EXPECT_EQ(AwaitMode(*stack.article_service, "normal").Value("readcount_mysql_up"), 1);
  const Scrape back = AwaitMetrics(stack.sync_service->metrics_address(), [](const Scrape& now) {
    return now.Value(Mode("normal")) == 1 && now.Value("readcount_sync_consecutive_failures") == 0 &&
           now.Value(R"(readcount_sync_views_total{direction="added"})") == 2 * kViews;
  });
  EXPECT_EQ(back.Value("readcount_sync_lag_seconds"), 0);
}

TEST_F(MetricsTest, ShowARedisThatLostItsPast) {
  Stack stack(2, "off", spool_);
  AwaitMode(*stack.article_service, "normal");
  View(stack);
  SharedRedis().Command({"FLUSHALL"});
  const Scrape scrape = AwaitMetrics(stack.article_service->metrics_address(), [](const Scrape& now) {
    return now.Value("readcount_life_changes_total") == 1;
  });
  EXPECT_EQ(scrape.Value("readcount_replayed_views_total"), kViews);
}

TEST_F(MetricsTest, ShowDeadLettersByReasonAndTheBooks) {
  Stack stack(2);
  View(stack);
  SharedRedis().Command({"HINCRBY", "article_sys:read_count:hash", "77", "5"});
  SharedRedis().Command({"HINCRBY", "article_sys:read_count:hash", "2", "-4"});
  SharedRedis().Command({"HSET", "article_sys:read_count:hash", "no id", "1"});
  SharedRedis().Command({"HSET", "article_sys:read_count:hash", "3", "many"});
  stack.RunSync();
  EXPECT_EQ(stack.Audit().difference(), 0);
  const Scrape scrape = ScrapeMetrics(stack.sync_service->metrics_address());
  for (const std::string reason :
       {"no_such_article", "negative_result", "not_an_article_id", "not_a_number"}) {
    EXPECT_EQ(scrape.Value("readcount_dead_letters_total{reason=\"" + reason + "\"}"), 1) << reason;
  }
  EXPECT_EQ(scrape.Value(R"(readcount_dead_letters_total{reason="overflow"})"), 0);
  EXPECT_EQ(scrape.Value(R"(readcount_sync_views_total{direction="added"})"), kViews);
  EXPECT_EQ(scrape.Value("readcount_audits_total"), 1);
  EXPECT_EQ(scrape.Value("readcount_books_difference_views"), 0);
}

// Views that vanish from Redis behind the services' backs are missing from the books.
TEST_F(MetricsTest, ShowABooksDifference) {
  Stack stack(2);
  View(stack);
  SharedRedis().Command({"HINCRBY", "article_sys:read_count:hash", "1", "-2"});
  EXPECT_EQ(stack.Audit().difference(), 2);
  EXPECT_EQ(ScrapeMetrics(stack.sync_service->metrics_address()).Value("readcount_books_difference_views"),
            2);
}

TEST_F(MetricsTest, ShowAServiceThatIsAwayFromTheGateway) {
  Stack stack(2);
  View(stack);
  AwaitMode(*stack.gateway, "normal");
  stack.sync_service->Kill();
  const Scrape without_sync = AwaitMode(*stack.gateway, "sync_service_away");
  EXPECT_EQ(without_sync.Value(R"(readcount_service_reachable{service="sync_service"})"), 0);
  EXPECT_EQ(without_sync.Value(R"(readcount_service_reachable{service="article_service"})"), 1);
  stack.article_service->Kill();
  AwaitMode(*stack.gateway, "article_service_away");
  View(stack, 503);
  const Scrape away = AwaitMetrics(stack.gateway->metrics_address(), [](const Scrape& now) {
    return now.Value(R"(readcount_article_streams{state="lost"})") == 2;
  });
  EXPECT_EQ(away.Value("readcount_article_stream_losses_total"), 2);
  stack.article_service->Restart();
  stack.sync_service->Restart();
  AwaitMode(*stack.gateway, "normal");
  View(stack);
  EXPECT_EQ(
      ScrapeMetrics(stack.gateway->metrics_address()).Value(R"(readcount_article_streams{state="open"})"), 1);
}

TEST_F(MetricsTest, OfEachProgramTellTheProcessAndTheVersion) {
  Stack stack(2);
  for (const auto* program : {stack.article_service.get(), stack.sync_service.get(), stack.gateway.get()}) {
    const Scrape scrape = ScrapeMetrics(program->metrics_address());
    EXPECT_GT(scrape.Value("process_resident_memory_bytes"), 0);
    EXPECT_TRUE(std::any_of(scrape.series.begin(), scrape.series.end(), [](const auto& series) {
      return series.first.starts_with("readcount_build_info{version=\"" READCOUNT_VERSION "\"") &&
             series.second == 1;
    }));
  }
}

TEST_F(MetricsTest, CountWhatTheGatewayHasNoRoomForAndWhatIsNoRequest) {
  Stack stack(2, "off", {{"READCOUNT_GATEWAY_MAX_CONNECTIONS", "1"}});
  HttpClient first(stack.gateway->address()), second(stack.gateway->address());
  EXPECT_EQ(first.Get("/healthz")->status, 200);
  EXPECT_EQ(second.Get("/healthz")->status, 200);
  EXPECT_EQ(second.Get("/nowhere")->status, 404);
  EXPECT_EQ(second.Get("http://elsewhere/")->status, 400);
  const Scrape scrape = ScrapeMetrics(stack.gateway->metrics_address());
  EXPECT_EQ(scrape.Value("readcount_http_connections_evicted_total"), 1);
  EXPECT_EQ(scrape.Value(R"(readcount_http_connections_total{outcome="served"})"), 2);
  EXPECT_EQ(scrape.Value(R"(readcount_http_requests_total{route="/healthz",status="2xx"})"), 2);
  EXPECT_EQ(scrape.Value(R"(readcount_http_requests_total{route="none",status="4xx"})"), 2);
}

TEST_F(MetricsTest, AreOffWhereNoAddressIsGiven) {
  const ProgramProcess gateway("gateway", {{"READCOUNT_GATEWAY_METRICS_LISTEN", ""}});
  EXPECT_EQ(gateway.metrics_address(), "");
}

}  // namespace
}  // namespace readcount::testing
