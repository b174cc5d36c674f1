#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"

namespace readcount::testing {
namespace {

// MySQL is away or does not answer while views go on. The text of articles expires at once, so that every
// view would rather read it again.
class Fault11 : public ::testing::Test {
 protected:
  ~Fault11() override {
    SharedMariadb().Signal(SIGCONT);
    SharedMariadb().Start();
  }

  void ExpectAllToBeWell() {
    load_.AwaitViews(300);
    load_.Stop();
    EXPECT_EQ(load_.falls(), 0u);
    stack_.AwaitFreshCounts();
    stack_.ExpectBooksToBalance(load_);
    if (HasFailure()) std::cerr << stack_.article_service->log() << stack_.sync_service->log();
  }

  Stack stack_{60,
               "200ms",
               {{"READCOUNT_ARTICLE_CACHE_TTL", "1ms"},
                {"READCOUNT_ARTICLE_QUERY_TIMEOUT", "20s"},
                {"READCOUNT_GATEWAY_REQUEST_TIMEOUT", "3s"},
                {"READCOUNT_MYSQL_QUERY_TIMEOUT", "1s"}}};
  Load load_{stack_.gateway->address(), 4, 50};
};

TEST_F(Fault11, FrozenItHoldsUpNoArticleThatWasReadBefore) {
  load_.AwaitViews(1000);
  SharedMariadb().Signal(SIGSTOP);
  load_.AwaitViews(1000);
  HttpClient client(stack_.gateway->address());
  const std::optional<HttpReply> unread = client.Get("/api/article/55");
  ASSERT_TRUE(unread.has_value());
  EXPECT_THAT(unread->status, ::testing::AnyOf(503, 504)) << unread->body;
  EXPECT_EQ(client.Get("/api/article/1?view=false")->status, 200);
  EXPECT_EQ(load_.unknown(), 0u) << "no view of an article in the cache may fail";
  SharedMariadb().Signal(SIGCONT);
  ExpectAllToBeWell();
  EXPECT_EQ(SharedMariadb().Number("SELECT read_count FROM articles WHERE id = 55"), 0u);
}

TEST_F(Fault11, KilledInTheMiddleOfRunsItLosesNothing) {
  for (int i = 0; i < 3; ++i) {
    load_.AwaitViews(500);
    SharedMariadb().Kill();
    load_.AwaitViews(300);
    SharedMariadb().Start();
  }
  EXPECT_EQ(load_.unknown(), 0u) << "no view of an article in the cache may fail";
  ExpectAllToBeWell();
}

}  // namespace
}  // namespace readcount::testing
