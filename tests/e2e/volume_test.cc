#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "tests/e2e/stack.h"

namespace readcount::testing {
namespace {

TEST(VolumeTest, SyncsAHundredThousandArticlesAmongGarbageInOneRunAndShowsProgress) {
  constexpr uint64_t kArticles = 100'000, kGarbage = 10'000;
  // So many transactions that a watcher who is slow sees some of them all the same.
  Stack stack(kArticles, "off", {{"READCOUNT_SYNC_CHUNK_ARTICLES", "500"}});
  std::vector<std::pair<std::string, std::string>> fields;
  for (uint64_t id = 1; id <= kArticles; ++id)
    fields.emplace_back(std::to_string(id), std::to_string(id % 7 + 1));
  for (uint64_t i = 0; i < kGarbage; ++i) {
    fields.emplace_back(i % 2 == 0 ? "garbage " + std::to_string(i) : "0" + std::to_string(i),
                        i % 3 == 0 ? "x" : "5");
  }
  SharedRedis().SetFields("article_sys:read_count:hash", fields);

  std::vector<uint64_t> progress;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(2));
  const auto watch = stack.syncer->WatchStatus(&context, {});
  v1::WatchStatusResponse message;
  ASSERT_TRUE(watch->Read(&message)) << "the present status comes at once";
  std::thread watcher([&] {
    while (watch->Read(&message) && !message.status().has_last_run())
      progress.push_back(message.status().articles_done());
    context.TryCancel();
  });
  const v1::SyncRun run = stack.RunSync();
  watcher.join();
  EXPECT_TRUE(message.status().has_last_run())
      << "the watch ended before the run: " << watch->Finish().error_message();

  uint64_t views = 0;
  for (uint64_t id = 1; id <= kArticles; ++id) views += id % 7 + 1;
  EXPECT_EQ(run.articles(), kArticles);
  EXPECT_EQ(run.views(), static_cast<int64_t>(views));
  EXPECT_EQ(run.dead_letters(), kGarbage);
  EXPECT_EQ(Stack::ViewsInMysql(), views);
  EXPECT_EQ(SharedMariadb().Number("SELECT COUNT(*) FROM articles WHERE read_count != id % 7 + 1"), 0u);
  EXPECT_EQ(SharedMariadb().Number(
                "SELECT COUNT(*) FROM read_count_dead_letters WHERE reason = 'not_an_article_id'"),
            kGarbage);
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
  EXPECT_GE(std::set<uint64_t>(progress.begin(), progress.end()).size(), 5u) << "progress was not visible";
  EXPECT_EQ(stack.Audit().difference(), 0);
}

TEST(VolumeTest, OddIncrementsGoToTheDeadLettersAndTheRestGoesOn) {
  Stack stack(5);
  MariadbServer& mysql = SharedMariadb();
  mysql.Query("UPDATE articles SET read_count = 18446744073709551610 WHERE id = 1");
  mysql.Query("UPDATE articles SET read_count = 4 WHERE id = 2");
  mysql.Query("UPDATE articles SET read_count = 10 WHERE id = 3");
  mysql.Query("UPDATE articles SET is_deleted = 1 WHERE id = 4");
  SharedRedis().SetFields("article_sys:read_count:hash", {{"1", "9223372036854775807"},  // passes 2^64
                                                          {"2", "-5"},                   // would fall below 0
                                                          {"3", "-10"},                  // just fits
                                                          {"4", "7"},  // deleted, still a row
                                                          {"5", "many"},
                                                          {"6", "8"},  // no such article
                                                          {"18446744073709551615", "1"},
                                                          {"0", "1"},
                                                          {"-3", "1"}});
  const v1::SyncRun run = stack.RunSync();
  EXPECT_EQ(run.articles(), 2u);
  EXPECT_EQ(run.views(), -3);
  EXPECT_EQ(run.dead_letters(), 7u);
  EXPECT_EQ(mysql.Number("SELECT read_count FROM articles WHERE id = 1"), 18446744073709551610u);
  EXPECT_EQ(mysql.Number("SELECT read_count FROM articles WHERE id = 2"), 4u);
  EXPECT_EQ(mysql.Number("SELECT read_count FROM articles WHERE id = 3"), 0u);
  EXPECT_EQ(mysql.Number("SELECT read_count FROM articles WHERE id = 4"), 7u);
  const auto reasons = [&](const std::string& reason) {
    return mysql.Number("SELECT COUNT(*) FROM read_count_dead_letters WHERE reason = '" + reason + "'");
  };
  EXPECT_EQ(reasons("overflow"), 1u);
  EXPECT_EQ(reasons("negative_result"), 1u);
  EXPECT_EQ(reasons("no_such_article"), 2u);
  EXPECT_EQ(reasons("not_a_number"), 1u);
  EXPECT_EQ(reasons("not_an_article_id"), 2u);
  EXPECT_EQ(stack.Audit().difference(), 0);
}

}  // namespace
}  // namespace readcount::testing
