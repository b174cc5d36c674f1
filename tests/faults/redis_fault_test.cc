#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "absl/strings/match.h"
#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/await.h"
#include "tests/support/gate_routes.h"
#include "tests/support/temp_dir.h"

namespace readcount::testing {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kArticles = 50;

// A state in which Redis refuses writes, and how it says so.
struct Refusal {
  const char* name;
  const char* says;
  std::function<void()> begin, end;
  bool stops_sync = true;
};

std::filesystem::path RedisDirectory() {
  return SharedRedis().directory();
}

void AwaitInfo(const std::string& line) {
  EXPECT_TRUE(Await([&] { return absl::StrContains(SharedRedis().Command({"INFO"}).text, line); })) << line;
}

// A background save that fails, for its file's name is taken by a directory.
void BreakSaves() {
  std::filesystem::create_directory(RedisDirectory() / "dump.rdb");
  SharedRedis().Command({"CONFIG", "SET", "save", "36000 1"});
  SharedRedis().Command({"BGSAVE"});
  AwaitInfo("rdb_last_bgsave_status:err");
}

void MendSaves() {
  std::filesystem::remove(RedisDirectory() / "dump.rdb");
  SharedRedis().Command({"BGSAVE"});
  AwaitInfo("rdb_last_bgsave_status:ok");
  SharedRedis().Command({"CONFIG", "SET", "save", ""});
  std::filesystem::remove(RedisDirectory() / "dump.rdb");
}

// A script that does not end by itself, run by somebody else.
class EndlessScript {
 public:
  void Begin() {
    SharedRedis().Command({"CONFIG", "SET", "busy-reply-threshold", "1"});
    thread_ = std::thread([] {
      RedisSettings settings = SharedRedis().settings();
      settings.reply_timeout = absl::Seconds(60);
      auto connection = redis::Connection::Open(settings);
      if (connection.ok()) (*connection)->Command({"EVAL", "while true do end", "0"}).status().IgnoreError();
    });
    auto connection = redis::Connection::Open(SharedRedis().settings());
    EXPECT_TRUE(Await([&] { return !(*connection)->Command({"PING"}).ok(); })) << "the script does not run";
  }
  void End() {
    SharedRedis().Command({"SCRIPT", "KILL"});
    thread_.join();
    SharedRedis().Command({"CONFIG", "SET", "busy-reply-threshold", "5000"});
  }

 private:
  std::thread thread_;
};

EndlessScript& Script() {
  static EndlessScript script;
  return script;
}

std::vector<Refusal> Refusals() {
  const auto command = [](const std::vector<std::string>& words) {
    return [words] { SharedRedis().Command(words); };
  };
  return {
      {"ReadOnly", "READONLY", command({"REPLICAOF", "127.0.0.1", "1"}), command({"REPLICAOF", "NO", "ONE"})},
      // A sync needs no memory, and frees some.
      {"OutOfMemory", "OOM", command({"CONFIG", "SET", "maxmemory", "1"}),
       command({"CONFIG", "SET", "maxmemory", "0"}), false},
      {"CannotSave", "MISCONF", BreakSaves, MendSaves},
      {"Busy", "BUSY", [] { Script().Begin(); }, [] { Script().End(); }},
  };
}

void AwaitFailures(const Load& load, uint64_t least) {
  EXPECT_TRUE(Await([&] { return load.unknown() >= least; })) << "only " << load.unknown() << " views failed";
}

class RefusalTest : public ::testing::TestWithParam<Refusal> {
 protected:
  grpc::Status TryToRunSync() {
    grpc::ClientContext context;
    v1::RunSyncResponse response;
    return stack_.syncer->RunSync(&context, {}, &response);
  }

  TempDir spool_;
  Stack stack_{kArticles, "50ms", {{"READCOUNT_REDIS_RETRY_FOR", "100ms"}}};
};

using Fault08And10 = RefusalTest;

TEST_P(Fault08And10, WithoutASpoolNothingIsAcknowledgedFalselyAndArticlesAreAnswered) {
  Load load(stack_.gateway->address(), 4, kArticles);
  load.AwaitViews(300);
  GetParam().begin();
  HttpClient client(stack_.gateway->address());
  const std::optional<HttpReply> view = client.Get("/api/article/1");
  EXPECT_EQ(view->status, 503);
  EXPECT_THAT(view->body, HasSubstr("nothing was counted"));
  EXPECT_THAT(stack_.article_service->log(), HasSubstr(GetParam().says));
  EXPECT_EQ(client.Get("/api/article/1?view=false")->status, 200);
  EXPECT_EQ(client.Get("/api/articles")->status, 200);
  const grpc::Status run = TryToRunSync();
  EXPECT_EQ(run.ok(), !GetParam().stops_sync);
  EXPECT_THAT(run.error_message(), HasSubstr(run.ok() ? "" : GetParam().says));
  // By then each thread of the load has failed, so that none is about to note a view of before.
  AwaitFailures(load, 20);
  const uint64_t before = load.acknowledged();
  AwaitFailures(load, load.unknown() + 20);
  EXPECT_EQ(load.acknowledged(), before);
  GetParam().end();
  load.AwaitViews(300);
  load.Stop();
  EXPECT_EQ(load.falls(), 0u);
  stack_.AwaitFreshCounts();
  stack_.ExpectBooksToBalance(load);
  EXPECT_EQ(Stack::ViewsInMysql(), load.acknowledged()) << "what was refused must not have been counted";
  if (HasFailure()) std::cerr << stack_.article_service->log() << stack_.sync_service->log();
}

TEST_P(Fault08And10, WithASpoolNoReaderFeelsIt) {
  RestartWith(*stack_.article_service, "READCOUNT_ARTICLE_SPOOL", spool_.path("spool.db"));
  Load load(stack_.gateway->address(), 4, kArticles);
  load.AwaitViews(300);
  GetParam().begin();
  load.AwaitViews(300);
  GetParam().end();
  load.AwaitViews(300);
  load.Stop();
  EXPECT_EQ(load.unknown(), 0u);
  EXPECT_EQ(load.falls(), 0u);
  stack_.AwaitFreshCounts();
  stack_.ExpectBooksToBalance(load);
  if (HasFailure()) std::cerr << stack_.article_service->log() << stack_.sync_service->log();
}

INSTANTIATE_TEST_SUITE_P(Redis, Fault08And10, ::testing::ValuesIn(Refusals()),
                         [](const auto& suite) { return suite.param.name; });

class RedisFaultTest : public ::testing::Test {
 protected:
  // Whatever a test has done to its files.
  ~RedisFaultTest() override {
    SharedRedis().Kill();
    SharedRedis().Empty();
    SharedRedis().Start();
  }

  void ExpectAllToBeWell(Load& load) {
    load.Stop();
    EXPECT_EQ(load.falls(), 0u);
    stack_.AwaitFreshCounts();
    stack_.ExpectBooksToBalance(load);
    if (HasFailure()) std::cerr << stack_.article_service->log() << stack_.sync_service->log();
  }
  // The one that Redis appends to.
  static std::filesystem::path AppendOnlyFile() {
    std::filesystem::path newest;
    for (const auto& file : std::filesystem::directory_iterator(RedisDirectory() / "appendonlydir")) {
      const std::filesystem::path& path = file.path();
      const auto age = [](const std::filesystem::path& each) {
        return std::pair(each.native().size(), each);
      };
      if (path.string().ends_with(".incr.aof") && age(path) > age(newest)) newest = path;
    }
    return newest;
  }
  // Redis 7 leaves of a transaction that was cut off its beginning in the file, and the next
  // start takes what follows for its rest: the file must be written anew.
  static void RewriteAppendOnlyFile() {
    SharedRedis().Command({"BGREWRITEAOF"});
    AwaitInfo("aof_rewrite_scheduled:0");
    AwaitInfo("aof_rewrite_in_progress:0");
  }

  TempDir spool_;
  Stack stack_{kArticles, "100ms", {{"READCOUNT_ARTICLE_SPOOL", spool_.path("spool.db")}}};
};

using Fault05 = RedisFaultTest;

// So that nobody but the append-only file can know of the views.
TEST_F(Fault05, NothingAcknowledgedIsLostThoughArticleServiceDiesAsWell) {
  Load load(stack_.gateway->address(), 4, kArticles);
  for (int i = 0; i < 3; ++i) {
    load.AwaitViews(200);
    SharedRedis().Kill();
    stack_.article_service->Kill();
    SharedRedis().Start();
    stack_.article_service->Restart();
  }
  load.AwaitViews(200);
  ExpectAllToBeWell(load);
}

using Fault07 = RedisFaultTest;

TEST_F(Fault07, ATailThatWasCutOffIsMadeUpFor) {
  Load load(stack_.gateway->address(), 4, kArticles);
  for (const uintmax_t bytes : {1, 100, 3000}) {
    load.AwaitViews(200);
    SharedRedis().Kill();
    std::filesystem::resize_file(AppendOnlyFile(), std::filesystem::file_size(AppendOnlyFile()) - bytes);
    SharedRedis().Start();
    RewriteAppendOnlyFile();
  }
  load.AwaitViews(200);
  ExpectAllToBeWell(load);
}

TEST_F(Fault07, AMiddleThatIsCorruptKeepsRedisAwayUntilItIsRepaired) {
  Load load(stack_.gateway->address(), 4, kArticles);
  load.AwaitViews(400);
  SharedRedis().Kill();
  const uintmax_t middle = std::filesystem::file_size(AppendOnlyFile()) / 2;
  {
    std::fstream file(AppendOnlyFile(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(middle));
    file << std::string(50, '\xFF');
  }
  EXPECT_THROW(SharedRedis().Start(), std::runtime_error);
  load.AwaitViews(200);
  const std::string repair = "echo y | redis-check-aof --fix " +
                             (RedisDirectory() / "appendonlydir/appendonly.aof.manifest").string();
  EXPECT_EQ(ChildProcess({"sh", "-c", repair}, spool_.path("repair.log")).Wait(), 0)
      << ReadFile(spool_.path("repair.log"));
  SharedRedis().Start();
  load.AwaitViews(400);
  ExpectAllToBeWell(load);
}

using Fault10 = RedisFaultTest;

TEST_F(Fault10, ScriptsThatRedisForgetsAreLoadedAgain) {
  Load load(stack_.gateway->address(), 4, kArticles);
  for (int i = 0; i < 10; ++i) {
    load.AwaitViews(50);
    SharedRedis().Command({"SCRIPT", "FLUSH"});
  }
  load.AwaitViews(50);
  EXPECT_EQ(load.unknown(), 0u);
  ExpectAllToBeWell(load);
}

TEST_F(Fault10, ARedisThatLoadsIsWaitedFor) {
  Load load(stack_.gateway->address(), 4, kArticles);
  load.AwaitViews(200);
  constexpr char kFill[] = "for i = 1, 100000 do redis.call('SET', ARGV[1] .. i, i) end";
  for (const char* part : {"a", "b", "c", "d"}) SharedRedis().Command({"EVAL", kFill, "0", part});
  SharedRedis().Kill();
  // It loads so slowly that it would not end by itself, until it has been seen.
  std::thread watcher([&] {
    EXPECT_TRUE(Await([&] {
      grpc::ClientContext context;
      v1::RunSyncResponse response;
      return absl::StrContains(stack_.syncer->RunSync(&context, {}, &response).error_message(), "LOADING");
    }));
    const auto connection = redis::Connection::Open(SharedRedis().settings());
    EXPECT_TRUE(connection.ok() && (*connection)->Command({"CONFIG", "SET", "key-load-delay", "0"}).ok());
  });
  SharedRedis().Start({"--key-load-delay", "1000"});
  watcher.join();
  load.AwaitViews(200);
  ExpectAllToBeWell(load);
}

}  // namespace
}  // namespace readcount::testing
