#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/faults/status_await.h"
#include "tests/support/await.h"
#include "tests/support/small_disk.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kArticles = 50;
constexpr uint64_t kSpare = 32 << 20;

// A server's files are on a disk that becomes full, under load, and then has space again.
class DiskFullTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    static const std::string failure = SmallDisk::Prepare();
    why_not_ = failure;
  }
  void SetUp() override {
    if (!why_not_.empty()) GTEST_SKIP() << "this user may not mount a small disk: " << why_not_;
    PutOnDisk();
    stack_ = std::make_unique<Stack>(
        kArticles, "off",
        std::map<std::string, std::string>{{"READCOUNT_ARTICLE_SPOOL", spool_.path("spool.db")}});
    load_ = std::make_unique<Load>(stack_->gateway->address(), 4, kArticles);
    load_->AwaitViews(300);
  }
  virtual void PutOnDisk() = 0;

  void AwaitMode(v1::ArticleMode mode) {
    AwaitArticleStatus(*stack_->articles, [mode](const auto& status) { return status.mode() == mode; });
  }
  // Articles and views have been answered all the time.
  void ExpectAllToBeWell() {
    load_->AwaitViews(300);
    load_->Stop();
    EXPECT_EQ(load_->unknown(), 0u);
    EXPECT_EQ(load_->falls(), 0u);
    stack_->AwaitFreshCounts();
  }
  void TearDown() override {
    if (HasFailure() && stack_ != nullptr)
      std::cerr << stack_->article_service->log() << stack_->sync_service->log();
  }

  TempDir spool_;
  std::unique_ptr<SmallDisk> disk_;
  std::unique_ptr<Stack> stack_;
  std::unique_ptr<Load> load_;

 private:
  static inline std::string why_not_;
};

class Fault08 : public DiskFullTest {
 protected:
  void PutOnDisk() override {
    SharedRedis().Kill();
    disk_ = std::make_unique<SmallDisk>(SharedRedis().directory() + "/appendonlydir", kSpare);
    SharedRedis().Start();
  }
  ~Fault08() override {
    if (disk_ == nullptr) return;
    load_.reset();
    stack_.reset();
    SharedRedis().Kill();
    disk_.reset();
    SharedRedis().Start();
  }
};

TEST_F(Fault08, WhileTheDiskOfTheAofIsFullViewsAreHeldAndNoReaderFeelsIt) {
  SharedRedis().Command({"CONFIG", "SET", "appendfsync", "everysec"});
  disk_->Fill();
  AwaitMode(v1::ARTICLE_MODE_REDIS_AWAY_VIEWS_HELD);
  EXPECT_THAT(stack_->article_service->log(), HasSubstr("No space left on device"));
  load_->AwaitViews(500);
  disk_->Free();
  AwaitMode(v1::ARTICLE_MODE_NORMAL);
  load_->AwaitViews(300);
  // What it has written since must be whole.
  SharedRedis().Kill();
  SharedRedis().Start();
  ExpectAllToBeWell();
  stack_->ExpectBooksToBalance(*load_);
}

// With appendfsync always it cannot take back what it has done in memory.
TEST_F(Fault08, ARedisThatEndsForItsDiskIsFullHasLostNothingWhenItIsBack) {
  disk_->Fill();
  ASSERT_TRUE(Await([] { return !SharedRedis().Running(); })) << "Redis goes on without its AOF";
  load_->AwaitViews(500);
  disk_->Free();
  SharedRedis().Start();
  ExpectAllToBeWell();
  stack_->ExpectBooksToBalance(*load_);
}

class Fault13 : public DiskFullTest {
 protected:
  static constexpr uint64_t kGarbage = 20'000;

  void PutOnDisk() override {
    SharedMariadb().Kill();
    disk_ = std::make_unique<SmallDisk>(SharedMariadb().data_directory(), kSpare);
    SharedMariadb().Start();
  }
  ~Fault13() override {
    if (disk_ == nullptr) return;
    load_.reset();
    stack_.reset();
    SharedMariadb().Kill();
    disk_.reset();
    SharedMariadb().Start();
  }
  grpc::Status TryToRunSync() {
    grpc::ClientContext context;
    v1::RunSyncResponse response;
    return stack_->syncer->RunSync(&context, {}, &response);
  }
};

// Counts need no space of their own; what goes to the dead letters does.
TEST_F(Fault13, WhileTheDiskOfMysqlIsFullTheBatchStaysInRedis) {
  disk_->Fill();
  std::vector<std::pair<std::string, std::string>> garbage;
  for (uint64_t i = 0; i < kGarbage; ++i)
    garbage.emplace_back(absl::StrCat("garbage ", i), std::string(200, 'x'));
  SharedRedis().SetFields("article_sys:read_count:hash", garbage);
  for (int i = 0; i < 3; ++i) {
    const grpc::Status status = TryToRunSync();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_THAT(status.error_message(), HasSubstr("full"));
    load_->AwaitViews(200);
  }
  disk_->Free();
  ExpectAllToBeWell();
  EXPECT_TRUE(Await([this] { return TryToRunSync().ok(); }));
  EXPECT_TRUE(TryToRunSync().ok());
  EXPECT_EQ(Stack::ViewsInMysql(), load_->acknowledged());
  EXPECT_EQ(SharedMariadb().Number("SELECT COUNT(*) FROM read_count_dead_letters"), kGarbage);
  EXPECT_EQ(stack_->Audit().difference(), 0);
}

}  // namespace
}  // namespace readcount::testing
