#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"

namespace readcount::testing {
namespace {

constexpr char kLive[] = "article_sys:read_count:hash";
constexpr uint64_t kArticles = 30;

// An older service that counts views by HINCRBY alone, until it goes out of scope.
class LegacyWriter {
 public:
  ~LegacyWriter() { Stop(); }
  uint64_t Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return views_;
  }

 private:
  void Write() {
    auto redis = *redis::Connection::Open(SharedRedis().settings());
    std::mt19937_64 random(1);
    while (!stopping_) {
      const std::string id = std::to_string(1 + random() % kArticles);
      EXPECT_TRUE(redis->Command({"HINCRBY", kLive, id, "1"}).ok());
      ++views_;
    }
  }

  std::atomic<bool> stopping_ = false;
  uint64_t views_ = 0;
  std::thread thread_{[this] { Write(); }};
};

// The sync job of old: adds to MySQL what the hash holds, then takes as much away from the hash, a field at a
// time. Whatever happens in between is to come right.
class LegacyJob {
 public:
  ~LegacyJob() { Stop(); }
  void Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int rounds() const { return rounds_; }

 private:
  void Work() {
    auto redis = *redis::Connection::Open(SharedRedis().settings());
    auto mysql = *mysql::Connection::Open(SharedMariadb().settings());
    while (!stopping_) {
      const redis::Reply fields = *redis->Command({"HGETALL", kLive});
      for (size_t i = 0; i + 1 < fields.elements.size(); i += 2) {
        const std::string &id = fields.elements[i].text, views = fields.elements[i + 1].text;
        if (views[0] == '-' || views == "0") continue;
        EXPECT_TRUE(mysql
                        ->Command(absl::StrCat("UPDATE articles SET read_count = read_count + ", views,
                                               " WHERE id = ", id))
                        .ok());
        EXPECT_TRUE(redis->Command({"HINCRBY", kLive, id, absl::StrCat("-", views)}).ok());
      }
      ++rounds_;
    }
  }

  std::atomic<bool> stopping_ = false;
  std::atomic<int> rounds_ = 0;
  std::thread thread_{[this] { Work(); }};
};

TEST(Fault17, PlainIncrementsOfAnOlderServiceArriveAndAreKnownAsSuch) {
  Stack stack(kArticles, "20ms");
  Load load(stack.gateway->address(), 4, kArticles);
  LegacyWriter writer;
  load.AwaitViews(2000);
  const uint64_t legacy = writer.Stop();
  load.Stop();
  EXPECT_GT(legacy, 0u);
  EXPECT_EQ(load.falls(), 0u);
  EXPECT_EQ(load.unknown(), 0u);
  stack.RunSync();
  EXPECT_EQ(Stack::ViewsInMysql(), load.acknowledged() + legacy);
  const v1::AuditResponse books = stack.Audit();
  EXPECT_EQ(books.recorded(), static_cast<int64_t>(load.acknowledged()));
  EXPECT_EQ(books.added_by_others(), static_cast<int64_t>(legacy));
  EXPECT_EQ(books.difference(), 0);
}

TEST(Fault17, ALegacyJobThatAddsInSqlAndSubtractsInRedisLeavesTheTotalsRight) {
  Stack stack(kArticles, "20ms");
  Load load(stack.gateway->address(), 4, kArticles);
  LegacyWriter writer;
  LegacyJob job;
  load.AwaitViews(2000);
  const uint64_t legacy = writer.Stop();
  load.Stop();
  job.Stop();
  EXPECT_GT(job.rounds(), 5);
  EXPECT_EQ(load.unknown(), 0u);
  stack.RunSync();
  EXPECT_EQ(SharedMariadb().Number("SELECT COUNT(*) FROM read_count_dead_letters"), 0u);
  EXPECT_EQ(Stack::ViewsInMysql(), load.acknowledged() + legacy);
  EXPECT_EQ(stack.Audit().difference(), 0);
}

}  // namespace
}  // namespace readcount::testing
