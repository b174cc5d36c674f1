#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"

namespace readcount::testing {
namespace {

constexpr char kLive[] = "article_sys:read_count:hash";
constexpr uint64_t kMost = 18446744073709551615u;

// What readers see of counts at the ends of their range; what the syncer does with all kinds of odd
// increments is in volume_test.
class CounterRangeTest : public ::testing::Test {
 protected:
  HttpReply Get(uint64_t id) {
    const std::optional<HttpReply> reply = client_.Get(absl::StrCat("/api/article/", id));
    EXPECT_TRUE(reply.has_value());
    return reply.value_or(HttpReply());
  }
  static uint64_t DeadLetters(const std::string& reason) {
    return SharedMariadb().Number(
        absl::StrCat("SELECT COUNT(*) FROM read_count_dead_letters WHERE reason = '", reason, "'"));
  }
  static uint64_t CountOf(uint64_t id) {
    return SharedMariadb().Number(absl::StrCat("SELECT read_count FROM articles WHERE id = ", id));
  }

  Stack stack_{60};
  HttpClient client_{stack_.gateway->address()};
};

using Fault14 = CounterRangeTest;

TEST_F(Fault14, ACountAtItsTopStaysThereAndTheOthersGoOn) {
  SharedMariadb().Query("UPDATE articles SET read_count = 18446744073709551614 WHERE id = 1");
  EXPECT_EQ(Get(1).Number("read_count"), kMost);
  EXPECT_EQ(stack_.RunSync().dead_letters(), 0u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Get(1).Number("read_count"), kMost) << "it must not wrap";
    EXPECT_EQ(Get(2).Number("read_count"), i + 1u);
    const v1::SyncRun run = stack_.RunSync();
    EXPECT_EQ(run.dead_letters(), 1u);
    EXPECT_EQ(run.views(), 1);
    EXPECT_EQ(CountOf(1), kMost);
    EXPECT_EQ(CountOf(2), i + 1u);
  }
  EXPECT_EQ(DeadLetters("overflow"), 3u);
  EXPECT_EQ(stack_.Audit().difference(), 0);
}

TEST_F(Fault14, AnIncrementAtItsTopRefusesTheViewUntilTheNextSync) {
  SharedRedis().Command({"HSET", kLive, "1", "9223372036854775807"});
  const HttpReply refused = Get(1);
  EXPECT_GE(refused.status, 400) << refused.body;
  EXPECT_EQ(Get(2).Number("read_count"), 1u);
  EXPECT_EQ(stack_.RunSync().dead_letters(), 0u);
  EXPECT_EQ(CountOf(1), 9223372036854775807u);
  EXPECT_EQ(Get(1).Number("read_count"), 9223372036854775808u);
  EXPECT_EQ(Get(2).Number("read_count"), 2u);
  stack_.RunSync();
  EXPECT_EQ(CountOf(1), 9223372036854775808u);
  EXPECT_EQ(stack_.Audit().difference(), 0);
}

TEST_F(Fault14, AnIncrementBelowZeroShowsNothingBelowZero) {
  SharedMariadb().Query("UPDATE articles SET read_count = 3 WHERE id = 1");
  SharedRedis().Command({"HSET", kLive, "1", "-9223372036854775808"});
  EXPECT_EQ(client_.Get("/api/article/1?view=false")->Number("read_count"), 0u);
  EXPECT_EQ(Get(1).Number("read_count"), 0u);
  EXPECT_EQ(stack_.RunSync().dead_letters(), 1u);
  EXPECT_EQ(CountOf(1), 3u);
  EXPECT_EQ(DeadLetters("negative_result"), 1u);
  EXPECT_EQ(Get(1).Number("read_count"), 4u);
  EXPECT_EQ(stack_.Audit().difference(), 0);
}

TEST_F(Fault14, GarbageOfAnArticleIsPutAsideAndItsViewsCount) {
  SharedRedis().SetFields(kLive,
                          {{"1", "many"}, {"2", ""}, {"3", "1.5"}, {"4", " 7"}, {"0", "4"}, {"x", "4"}});
  for (uint64_t id = 1; id <= 4; ++id) {
    EXPECT_EQ(Get(id).Number("read_count"), 1u) << id;
    EXPECT_EQ(Get(id).Number("read_count"), 2u) << id;
  }
  EXPECT_EQ(stack_.RunSync().dead_letters(), 6u);
  for (uint64_t id = 1; id <= 4; ++id) EXPECT_EQ(CountOf(id), 2u) << id;
  EXPECT_EQ(DeadLetters("not_an_article_id"), 6u);
  EXPECT_EQ(stack_.Audit().difference(), 0);
}

using Fault15 = CounterRangeTest;

TEST_F(Fault15, ViewsOfArticlesThatWereRemovedMeanwhileAreDeadLettersAndOfDeletedOnesCount) {
  for (uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(Get(id).status, 200);
  SharedMariadb().Query("DELETE FROM articles WHERE id = 1");
  SharedMariadb().Query("UPDATE articles SET is_deleted = 1 WHERE id = 2");
  const v1::SyncRun run = stack_.RunSync();
  EXPECT_EQ(run.views(), 2);
  EXPECT_EQ(run.dead_letters(), 1u);
  EXPECT_EQ(DeadLetters("no_such_article"), 1u);
  EXPECT_EQ(CountOf(2), 1u);
  EXPECT_EQ(CountOf(3), 1u);
  EXPECT_EQ(stack_.Audit().difference(), 0);
}

TEST_F(Fault15, ArticlesAreRemovedUnderLoadAndEveryViewIsFoundSomewhere) {
  Load load(stack_.gateway->address(), 4, 60);
  uint64_t removed = 0;
  for (uint64_t id = 41; id <= 60; ++id) {
    load.AwaitViews(30);
    SharedMariadb().Query("START TRANSACTION");
    removed += SharedMariadb().Number(
        absl::StrCat("SELECT read_count FROM articles WHERE id = ", id, " FOR UPDATE"));
    SharedMariadb().Query(absl::StrCat("DELETE FROM articles WHERE id = ", id));
    SharedMariadb().Query("COMMIT");
    stack_.RunSync();
  }
  load.AwaitViews(200);
  load.Stop();
  stack_.RunSync();
  const v1::AuditResponse books = stack_.Audit();
  EXPECT_EQ(books.difference(), 0);
  const uint64_t dead = SharedMariadb().Number("SELECT SUM(views) FROM read_count_dead_letters");
  EXPECT_GT(dead, 0u);
  const uint64_t all = Stack::ViewsInMysql() + removed + dead;
  EXPECT_EQ(books.recorded(), static_cast<int64_t>(all));
  // Whoever finds an article gone after the view was recorded is told so: 404, and a dead letter.
  EXPECT_GE(all, load.acknowledged());
  EXPECT_LE(all, load.acknowledged() + load.unknown());
}

}  // namespace
}  // namespace readcount::testing
