#include "tests/faults/fault_case.h"

#include <gtest/gtest.h>

#include <csignal>
#include <iostream>
#include <tuple>

#include "tests/support/await.h"
#include "tests/support/gate_routes.h"

namespace readcount::testing {
namespace {

constexpr int kFaults = 12;
constexpr int kThreads = 4;
constexpr uint64_t kArticles = 200;
constexpr absl::Duration kStepTime =
    absl::Seconds(4);  // in which an armed step is reached, or the program is killed there
constexpr char kFailPoints[] = "READCOUNT_FAIL_POINTS";

const std::vector<std::string>& SyncSteps() {
  static const std::vector<std::string> steps = {
      "sync.after_seal",   "sync.after_read",     "sync.after_bury",   "sync.before_commit",
      "sync.after_commit", "sync.before_release", "sync.after_release"};
  return steps;
}

void AddAll(std::map<std::string, uint64_t>& to, const std::map<std::string, uint64_t>& from) {
  for (const auto& [name, count] : from) to[name] += count;
}

}  // namespace

uint64_t FaultTally::TotalKills() const {
  uint64_t total = 0;
  for (const auto& [name, count] : kills) total += count;
  return total;
}

void FaultTally::Add(const FaultTally& other) {
  cases += other.cases;
  acknowledged += other.acknowledged;
  unknown += other.unknown;
  missing += other.missing;
  surplus += other.surplus;
  falls += other.falls;
  AddAll(kills, other.kills);
  AddAll(steps, other.steps);
  AddAll(others, other.others);
}

std::map<std::string, std::string> FaultCase::Variables(const std::string& spool, Memory memory) {
  return {{"READCOUNT_ARTICLE_SPOOL", spool},
          {"READCOUNT_ARTICLE_SPOOL_KEEPS", memory == Memory::kDiskKeeps ? "everything" : "outages"},
          {"READCOUNT_ARTICLE_QUERY_TIMEOUT", "1s"},
          {"READCOUNT_MYSQL_QUERY_TIMEOUT", "1s"},
          {"READCOUNT_MYSQL_CONNECT_TIMEOUT", "1s"},
          {"READCOUNT_REDIS_REPLY_TIMEOUT", "500ms"},
          {"READCOUNT_SYNC_CHUNK_ARTICLES", "20"},
          {"READCOUNT_SYNC_LEASE", "1s"}};
}

FaultCase::FaultCase(uint64_t seed)
    : random_(seed),
      memory_(static_cast<Memory>(random_() % 3)),
      article_redis_(SharedRedis().settings().dsn.socket),
      sync_redis_(SharedRedis().settings().dsn.socket),
      sync_mysql_(SharedMariadb().settings().dsn.socket),
      stack_(kArticles, "50ms", Variables(spool_.path("spool.db"), memory_)) {
  std::map<std::string, std::string> variables = Stack::ServerVariables();
  variables.merge(Variables(spool_.path("spool.db"), memory_));
  variables["READCOUNT_SYNC_INTERVAL"] = "70ms";
  variables["READCOUNT_SYNC_BUSY_VIEWS"] = "0";
  standby_ = std::make_unique<ProgramProcess>("sync-service", variables);
  RestartWith(*stack_.article_service, "READCOUNT_REDIS_DSN", RedisDsn(article_redis_));
  RestartWith(*stack_.sync_service, "READCOUNT_REDIS_DSN", RedisDsn(sync_redis_));
  RestartWith(*stack_.sync_service, "READCOUNT_MYSQL_DSN", MysqlDsn(sync_mysql_));
}

FaultCase::~FaultCase() {
  SharedRedis().Start();
  SharedMariadb().Start();
}

std::vector<FaultCase::Action> FaultCase::Actions() const {
  std::vector<Action> actions = {&FaultCase::KillGateway,
                                 &FaultCase::KillSyncService,
                                 &FaultCase::KillSyncServiceAtAStep,
                                 &FaultCase::KillSyncServiceAtAStep,
                                 &FaultCase::KillRedis,
                                 &FaultCase::KillMariadb,
                                 &FaultCase::TakeRedisAway,
                                 &FaultCase::SilenceAHop,
                                 &FaultCase::ResetConnections,
                                 &FaultCase::StopASyncerPastItsLease};
  if (memory_ != Memory::kWriterKeeps) {
    actions.insert(actions.end(), {&FaultCase::KillArticleService, &FaultCase::KillArticleServiceAtAStep,
                                   &FaultCase::KillArticleServiceInAnOutage});
  }
  // With everything on disk the spool is not emptied after a replay.
  if (memory_ == Memory::kRedisKeeps) actions.push_back(&FaultCase::KillArticleServiceAfterAnOutage);
  if (memory_ != Memory::kRedisKeeps)
    actions.insert(actions.end(), {&FaultCase::EmptyRedis, &FaultCase::PutRedisBack});
  if (memory_ == Memory::kDiskKeeps) actions.push_back(&FaultCase::KillArticleServiceInAReplay);
  return actions;
}

FaultTally FaultCase::Run() {
  const std::vector<Action> actions = Actions();
  Load load(stack_.gateway->address(), kThreads, kArticles);
  load_ = &load;
  for (int i = 0; i < kFaults && !::testing::Test::HasFailure(); ++i) {
    load.AwaitViews(30 + random_() % 200);
    (this->*actions[random_() % actions.size()])();
  }
  load.AwaitViews(200);
  Judge(load);
  return tally_;
}

void FaultCase::Kill(ProgramProcess& program, const std::string& name) {
  program.Kill();
  ++tally_.kills[name];
  program.Restart();
}

// From its next start the program is killed at a pass of `step`.
void FaultCase::Arm(ProgramProcess& program, const std::string& name, const std::string& step,
                    int most_passes) {
  program.Kill();
  ++tally_.kills[name];
  program.SetVariable(kFailPoints, step + ":kill:" + std::to_string(1 + random_() % most_passes));
  program.Restart();
  program.SetVariable(kFailPoints, "");
}

void FaultCase::AwaitStep(ProgramProcess& program, const std::string& name, const std::string& step) {
  const bool reached = Await([&] { return !program.Running(); }, kStepTime);
  ++tally_.kills[name];
  if (reached) {
    ++tally_.steps[step];
  } else {
    program.Kill();
  }
}

void FaultCase::SpoilTheHash() {
  SharedRedis().Command({"HSET", "article_sys:read_count:hash", "no id", "1"});
}

void FaultCase::KillSyncServiceAtAStep() {
  ProgramProcess& syncer = Syncer();
  const std::string& step = SyncSteps()[random_() % SyncSteps().size()];
  Arm(syncer, "sync-service", step, 3);
  SpoilTheHash();
  AwaitStep(syncer, "sync-service", step);
  syncer.Restart();
}

void FaultCase::KillArticleServiceAtAStep() {
  const std::string step = random_() % 2 == 0 ? "article.before_record" : "article.after_record";
  Arm(*stack_.article_service, "article-service", step, 40);
  AwaitStep(*stack_.article_service, "article-service", step);
  stack_.article_service->Restart();
}

void FaultCase::KillArticleServiceInAnOutage() {
  const std::string step = random_() % 2 == 0 ? "article.before_hold" : "article.after_hold";
  Arm(*stack_.article_service, "article-service", step, 10);
  StopRedis();
  AwaitStep(*stack_.article_service, "article-service", step);
  forgets_what_it_showed_ = true;
  stack_.article_service->Restart();
  SharedRedis().Start();
}

void FaultCase::AwaitViewsWhileItRuns(ProgramProcess& program, uint64_t more) {
  const uint64_t aim = load_->acknowledged() + more;
  // Too few views in that time make the case weaker, not wrong.
  std::ignore = Await([&] { return !program.Running() || load_->acknowledged() >= aim; }, kStepTime);
}

void FaultCase::KillArticleServiceAfterAnOutage() {
  const std::string step = "article.after_replay";
  Arm(*stack_.article_service, "article-service", step, 1);
  StopRedis();
  AwaitViewsWhileItRuns(*stack_.article_service, 50);
  SharedRedis().Start();
  AwaitStep(*stack_.article_service, "article-service", step);
  forgets_what_it_showed_ = true;
  stack_.article_service->Restart();
}

void FaultCase::KillArticleServiceInAReplay() {
  const std::vector<std::string> steps = {"article.after_close_life", "article.mid_replay"};
  const std::string& step = steps[random_() % steps.size()];
  Arm(*stack_.article_service, "article-service", step, 1);
  StopRedis();
  SharedRedis().Empty();
  SharedRedis().Start();
  AwaitStep(*stack_.article_service, "article-service", step);
  forgets_what_it_showed_ = true;
  stack_.article_service->Restart();
}

void FaultCase::StopRedis() {
  SharedRedis().Kill();
  ++tally_.kills["redis-server"];
}

void FaultCase::KillRedis() {
  StopRedis();
  SharedRedis().Start();
}

void FaultCase::KillMariadb() {
  SharedMariadb().Kill();
  ++tally_.kills["mariadbd"];
  if (random_() % 2 == 0) load_->AwaitViews(50);
  SharedMariadb().Start();
}

void FaultCase::TakeRedisAway() {
  StopRedis();
  load_->AwaitViews(100);
  SharedRedis().Start();
}

void FaultCase::EmptyRedis() {
  ++tally_.others["Redis emptied"];
  if (random_() % 2 == 0) {
    SharedRedis().Command({"FLUSHALL"});
    return;
  }
  StopRedis();
  SharedRedis().Empty();
  SharedRedis().Start();
}

void FaultCase::PutRedisBack() {
  ++tally_.others["Redis put back to a snapshot"];
  StopRedis();
  SharedRedis().TakeSnapshot();
  SharedRedis().Start();
  load_->AwaitViews(random_() % 400);
  StopRedis();
  SharedRedis().PutBack();
  SharedRedis().Start();
}

void FaultCase::StopASyncerPastItsLease() {
  ++tally_.others["syncer stopped past its lease"];
  ProgramProcess& syncer = Syncer();
  syncer.Signal(SIGSTOP);
  load_->AwaitViews(500);
  syncer.Signal(SIGCONT);
}

Gate& FaultCase::AnyGate() {
  const uint64_t which = random_() % 3;
  return which == 0 ? article_redis_ : which == 1 ? sync_redis_ : sync_mysql_;
}

void FaultCase::ResetConnections() {
  ++tally_.others["connections reset"];
  Gate& gate = AnyGate();
  for (int i = 0; i < 3; ++i) {
    gate.Reset();
    load_->AwaitViews(20);
  }
}

void FaultCase::SilenceAHop() {
  ++tally_.others["network silent"];
  Gate& gate = AnyGate();
  gate.Set({.black_hole = true});
  load_->AwaitViews(60);
  gate.Set({});
}

void FaultCase::Judge(Load& load) {
  load.Stop();
  stack_.AwaitFreshCounts();
  stack_.RunSync();
  const uint64_t counted = Stack::ViewsInMysql();
  tally_.cases = 1;
  tally_.acknowledged = load.acknowledged();
  tally_.unknown = load.unknown();
  tally_.falls = load.falls();
  if (counted < load.acknowledged()) tally_.missing = load.acknowledged() - counted;
  if (counted > load.acknowledged() + load.unknown())
    tally_.surplus = counted - load.acknowledged() - load.unknown();
  EXPECT_EQ(tally_.missing, 0u);
  EXPECT_EQ(tally_.surplus, 0u);
  EXPECT_EQ(stack_.Audit().difference(), 0);
  if (!forgets_what_it_showed_) {
    EXPECT_EQ(tally_.falls, 0u);
  }
  if (::testing::Test::HasFailure())
    std::cerr << stack_.article_service->log() << stack_.sync_service->log() << standby_->log();
}

}  // namespace readcount::testing
