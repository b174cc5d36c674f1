#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/stack.h"
#include "tests/faults/status_await.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {
namespace {

using ::testing::HasSubstr;

// ArticleService tells by GetStatus what it can do while a server is away.
class ModeTest : public ::testing::Test {
 protected:
  static constexpr int kViews = 3;

  ~ModeTest() override {
    SharedRedis().Start();
    SharedMariadb().Start();
  }

  static v1::ArticleServiceStatus AwaitMode(Stack& stack, v1::ArticleMode mode) {
    return AwaitArticleStatus(*stack.articles, [mode](const auto& status) { return status.mode() == mode; });
  }

  static std::vector<int> View(Stack& stack) {
    HttpClient client(stack.gateway->address());
    std::vector<int> statuses;
    for (int i = 0; i < kViews; ++i) statuses.push_back(client.Get("/api/article/1")->status);
    return statuses;
  }

  TempDir dir_;
  const std::map<std::string, std::string> spool_ = {{"READCOUNT_ARTICLE_SPOOL", dir_.path("spool.db")}};
};

TEST_F(ModeTest, WithASpoolItHoldsViewsUntilRedisIsBack) {
  Stack stack(2, "off", spool_);
  const v1::ArticleServiceStatus normal = AwaitMode(stack, v1::ARTICLE_MODE_NORMAL);
  EXPECT_EQ(normal.held_views(), 0u);
  EXPECT_EQ(normal.journal_max_entries(), 4194304u);
  EXPECT_EQ(normal.spool_max_bytes(), 1073741824u);
  EXPECT_EQ(normal.life().size(), 16u);
  EXPECT_EQ(View(stack), std::vector<int>(kViews, 200));

  SharedRedis().Kill();
  AwaitMode(stack, v1::ARTICLE_MODE_REDIS_AWAY_VIEWS_HELD);
  EXPECT_EQ(View(stack), std::vector<int>(kViews, 200));
  const v1::ArticleServiceStatus away = AwaitMode(stack, v1::ARTICLE_MODE_REDIS_AWAY_VIEWS_HELD);
  EXPECT_EQ(away.held_views(), uint64_t{kViews});
  EXPECT_GT(away.spool_bytes(), 0u);
  EXPECT_THAT(away.redis_error(), HasSubstr("Redis is away"));
  EXPECT_EQ(away.mysql_error(), "");

  SharedRedis().Start();
  const v1::ArticleServiceStatus back = AwaitMode(stack, v1::ARTICLE_MODE_NORMAL);
  EXPECT_EQ(back.held_views(), 0u);
  EXPECT_EQ(back.replayed_views(), uint64_t{kViews});
  EXPECT_EQ(back.life_changes(), 0u);
  EXPECT_EQ(back.life(), normal.life());
  EXPECT_EQ(back.redis_error(), "");
}

TEST_F(ModeTest, WithoutASpoolItSaysThatViewsAreRefused) {
  Stack stack(2, "off", {{"READCOUNT_REDIS_RETRY_FOR", "0s"}});
  AwaitMode(stack, v1::ARTICLE_MODE_NORMAL);
  EXPECT_EQ(View(stack), std::vector<int>(kViews, 200));
  SharedRedis().Kill();
  const v1::ArticleServiceStatus away = AwaitMode(stack, v1::ARTICLE_MODE_REDIS_AWAY_VIEWS_REFUSED);
  EXPECT_EQ(away.spool_max_bytes(), 0u);
  EXPECT_EQ(View(stack), std::vector<int>(kViews, 503));
  SharedRedis().Start();
  AwaitMode(stack, v1::ARTICLE_MODE_NORMAL);
  EXPECT_EQ(View(stack), std::vector<int>(kViews, 200));
}

TEST_F(ModeTest, ASpoolAtItsBoundRefusesViewsUntilRedisIsBack) {
  constexpr uint64_t kArticles = 5000;
  constexpr uint64_t kBatch = 1000;
  std::map<std::string, std::string> variables = spool_;
  variables["READCOUNT_ARTICLE_SPOOL_MAX_BYTES"] = "65536";
  Stack stack(kArticles, "off", variables);
  AwaitMode(stack, v1::ARTICLE_MODE_NORMAL);
  const auto view_all = [&] {
    grpc::ClientContext context;
    const auto stream = stack.articles->ViewArticles(&context);
    for (uint64_t first = 1; first <= kArticles; first += kBatch) {
      v1::ViewArticlesRequest request;
      v1::ViewArticlesResponse response;
      for (uint64_t id = first; id < first + kBatch; ++id) request.add_ids(id);
      request.set_counts_only(true);
      ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
    }
    context.TryCancel();
  };
  view_all();
  SharedRedis().Kill();
  AwaitMode(stack, v1::ARTICLE_MODE_REDIS_AWAY_VIEWS_HELD);
  view_all();
  const v1::ArticleServiceStatus full = AwaitMode(stack, v1::ARTICLE_MODE_REDIS_AWAY_VIEWS_REFUSED);
  EXPECT_THAT(full.spool_error(), HasSubstr("article.spool_max_bytes"));
  EXPECT_LE(full.spool_bytes(), full.spool_max_bytes());
  SharedRedis().Start();
  EXPECT_EQ(AwaitMode(stack, v1::ARTICLE_MODE_NORMAL).spool_error(), "");
}

TEST_F(ModeTest, WithoutMysqlItAnswersFromTheCache) {
  Stack stack(2, "off", spool_);
  AwaitMode(stack, v1::ARTICLE_MODE_NORMAL);
  EXPECT_EQ(View(stack), std::vector<int>(kViews, 200));
  SharedMariadb().Kill();
  const v1::ArticleServiceStatus away = AwaitMode(stack, v1::ARTICLE_MODE_MYSQL_AWAY);
  EXPECT_THAT(away.mysql_error(), HasSubstr("MySQL"));
  EXPECT_EQ(away.redis_error(), "");
  EXPECT_EQ(View(stack), std::vector<int>(kViews, 200));
  SharedMariadb().Start();
  EXPECT_EQ(AwaitMode(stack, v1::ARTICLE_MODE_NORMAL).mysql_error(), "");
}

TEST_F(ModeTest, WithBothAwayTheModeSpeaksOfRedis) {
  Stack stack(2, "off", spool_);
  AwaitMode(stack, v1::ARTICLE_MODE_NORMAL);
  SharedMariadb().Kill();
  AwaitMode(stack, v1::ARTICLE_MODE_MYSQL_AWAY);
  SharedRedis().Kill();
  EXPECT_THAT(AwaitMode(stack, v1::ARTICLE_MODE_REDIS_AWAY_VIEWS_HELD).mysql_error(), HasSubstr("MySQL"));
  SharedMariadb().Start();
  SharedRedis().Start();
  AwaitMode(stack, v1::ARTICLE_MODE_NORMAL);
}

TEST_F(ModeTest, ARedisThatLostItsPastIsCounted) {
  Stack stack(2, "off", spool_);
  const std::string life = AwaitMode(stack, v1::ARTICLE_MODE_NORMAL).life();
  EXPECT_EQ(View(stack), std::vector<int>(kViews, 200));
  SharedRedis().Command({"FLUSHALL"});
  const v1::ArticleServiceStatus status =
      AwaitArticleStatus(*stack.articles, [](const auto& now) { return now.life_changes() == 1; });
  EXPECT_NE(status.life(), life);
  EXPECT_EQ(status.replayed_views(), uint64_t{kViews});
}

}  // namespace
}  // namespace readcount::testing
