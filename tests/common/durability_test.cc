#include "services/common/durability/durability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/log.h"
#include "services/common/durability/monitor.h"
#include "tests/fakes/clock.h"

namespace readcount {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

RedisFacts GoodRedis() {
  return {.config = {{"appendonly", "yes"},
                     {"appendfsync", "always"},
                     {"no-appendfsync-on-rewrite", "no"},
                     {"save", ""},
                     {"maxmemory", "0"},
                     {"maxmemory-policy", "noeviction"},
                     {"min-replicas-to-write", "0"}},
          .info = {{"role", "master"}, {"connected_slaves", "0"}, {"aof_enabled", "1"}},
          .config_refused = ""};
}

MysqlFacts GoodMysql() {
  return {.variables = {{"innodb_flush_log_at_trx_commit", "1"},
                        {"log_bin", "ON"},
                        {"sync_binlog", "1"},
                        {"read_only", "OFF"},
                        {"version", "10.11.6-MariaDB-log"}},
          .missing_migrations = {},
          .unknown_migration = ""};
}

auto Finds(FindingSeverity severity, const std::string& setting, const std::string& remedy) {
  return AllOf(Field(&Finding::severity, severity),
               Field(&Finding::text, AllOf(HasSubstr(setting), HasSubstr(remedy))));
}

TEST(DurabilityTest, GoodSettingsHaveNoFindings) {
  const Durability durability = JudgeDurability(GoodRedis(), GoodMysql(), WriterMemory::kProcess);
  EXPECT_EQ(durability.level, "views survive Redis' death");
  EXPECT_THAT(durability.findings, IsEmpty());
}

TEST(DurabilityTest, AServerThatWasNotAskedYetIsNotJudged) {
  const Durability durability = JudgeDurability(std::nullopt, std::nullopt, WriterMemory::kProcess);
  EXPECT_THAT(durability.level, HasSubstr("not known"));
  EXPECT_THAT(durability.findings, IsEmpty());
}

// One setting changed from the good ones, and the one finding that it must bring.
struct Case {
  std::string name;
  std::string value;
  FindingSeverity severity;
  std::string text;
  std::string remedy;
  std::string level = "views survive Redis' death";
};

TEST(DurabilityTest, EachBadSettingOfRedisIsNamedWithItsRemedy) {
  const Case cases[] = {
      {"appendonly", "no", FindingSeverity::kWarning, "appendonly is no and save is ''", "set appendonly yes",
       "all views that are not in MySQL may be lost if Redis dies"},
      {"appendfsync", "everysec", FindingSeverity::kWarning, "appendfsync is everysec",
       "set appendfsync always", "the last second of views may be lost if Redis dies"},
      {"appendfsync", "no", FindingSeverity::kWarning, "appendfsync is no", "set appendfsync always",
       "the last 30 seconds"},
      {"no-appendfsync-on-rewrite", "yes", FindingSeverity::kWarning, "no-appendfsync-on-rewrite is yes",
       "set no-appendfsync-on-rewrite no", "while it rewrites its AOF"},
      {"maxmemory-policy", "allkeys-lru", FindingSeverity::kWarning,
       "maxmemory-policy is allkeys-lru and maxmemory is 0", "set maxmemory-policy noeviction",
       "may be thrown away"},
      {"maxmemory-policy", "volatile-lru", FindingSeverity::kNotice, "maxmemory-policy is volatile-lru",
       "set maxmemory-policy noeviction"},
      {"min-replicas-to-write", "2", FindingSeverity::kError, "min-replicas-to-write is 2 and 0 replicas",
       "lower min-replicas-to-write"},
  };
  for (const Case& each : cases) {
    RedisFacts redis = GoodRedis();
    redis.config[each.name] = each.value;
    const Durability durability = JudgeDurability(redis, GoodMysql(), WriterMemory::kProcess);
    EXPECT_THAT(durability.findings, ElementsAre(Finds(each.severity, each.text, each.remedy))) << each.name;
    EXPECT_THAT(durability.level, HasSubstr(each.level)) << each.name;
  }
}

TEST(DurabilityTest, EachBadSettingOfMysqlIsNamedWithItsRemedy) {
  const Case cases[] = {
      {"innodb_flush_log_at_trx_commit", "0", FindingSeverity::kWarning,
       "innodb_flush_log_at_trx_commit is 0: when MySQL dies", "set innodb_flush_log_at_trx_commit = 1"},
      {"innodb_flush_log_at_trx_commit", "2", FindingSeverity::kWarning,
       "innodb_flush_log_at_trx_commit is 2: when MySQL's machine dies",
       "set innodb_flush_log_at_trx_commit = 1"},
      {"sync_binlog", "0", FindingSeverity::kWarning, "sync_binlog is 0", "set sync_binlog = 1"},
      {"read_only", "ON", FindingSeverity::kError, "read_only is ON", "name the primary in mysql.dsn"},
      {"version", "10.5.26-MariaDB", FindingSeverity::kError, "version is 10.5.26-MariaDB", "MariaDB 10.6"},
      {"version", "5.7.44-log", FindingSeverity::kError, "version is 5.7.44-log", "MySQL 8.0"},
  };
  for (const Case& each : cases) {
    MysqlFacts mysql = GoodMysql();
    mysql.variables[each.name] = each.value;
    const Durability durability = JudgeDurability(GoodRedis(), mysql, WriterMemory::kProcess);
    EXPECT_THAT(durability.findings, ElementsAre(Finds(each.severity, each.text, each.remedy))) << each.name;
  }
}

TEST(DurabilityTest, NewVersionsAndABinaryLogThatIsOffAreWell) {
  MysqlFacts mysql = GoodMysql();
  mysql.variables["log_bin"] = "OFF";
  mysql.variables["sync_binlog"] = "0";
  for (const char* version : {"8.0.36", "9.7.0", "10.6.1-MariaDB", "11.4.2-MariaDB-ubu2404"}) {
    mysql.variables["version"] = version;
    EXPECT_THAT(JudgeDurability(GoodRedis(), mysql, WriterMemory::kProcess).findings, IsEmpty()) << version;
  }
}

TEST(DurabilityTest, AMissingMigrationIsNamed) {
  MysqlFacts mysql = GoodMysql();
  EXPECT_TRUE(JudgeDurability(GoodRedis(), mysql, WriterMemory::kProcess).schema_complete);
  mysql.missing_migrations = {"3 (dropped_letters)"};
  const Durability durability = JudgeDurability(GoodRedis(), mysql, WriterMemory::kProcess);
  EXPECT_FALSE(durability.schema_complete);
  EXPECT_THAT(durability.findings,
              ElementsAre(Finds(FindingSeverity::kError, "schema: migration 3 (dropped_letters) is missing",
                                "run readcount migrate")));
}

TEST(DurabilityTest, ASchemaThatIsNewerThanTheProgramIsWorthKnowing) {
  MysqlFacts mysql = GoodMysql();
  mysql.unknown_migration = "4 (later)";
  const Durability durability = JudgeDurability(GoodRedis(), mysql, WriterMemory::kProcess);
  EXPECT_TRUE(durability.schema_complete);
  EXPECT_THAT(durability.findings, ElementsAre(Finds(FindingSeverity::kNotice, "schema: migration 4 (later)",
                                                     "replace it by the version")));
}

TEST(DurabilityTest, SnapshotsAloneLoseWhatCameAfterTheLast) {
  RedisFacts redis = GoodRedis();
  redis.config["appendonly"] = "no";
  redis.config["save"] = "3600 1";
  const Durability durability = JudgeDurability(redis, GoodMysql(), WriterMemory::kProcess);
  EXPECT_THAT(durability.level, HasSubstr("since Redis' last snapshot"));
  EXPECT_THAT(durability.findings,
              ElementsAre(Finds(FindingSeverity::kWarning, "save is '3600 1'", "set appendonly yes")));
}

TEST(DurabilityTest, EvictionWithABoundIsAnErrorAndTheWorstComesFirst) {
  RedisFacts redis = GoodRedis();
  redis.config["appendfsync"] = "everysec";
  redis.config["maxmemory-policy"] = "allkeys-random";
  redis.config["maxmemory"] = "1000000";
  EXPECT_THAT(JudgeDurability(redis, GoodMysql(), WriterMemory::kProcess).findings,
              ElementsAre(Finds(FindingSeverity::kError, "maxmemory is 1000000", "noeviction"),
                          Finds(FindingSeverity::kWarning, "everysec", "always")));
}

TEST(DurabilityTest, AReplicaIsTheWrongServer) {
  RedisFacts redis = GoodRedis();
  redis.info["role"] = "slave";
  EXPECT_THAT(JudgeDurability(redis, GoodMysql(), WriterMemory::kProcess).findings,
              ElementsAre(Finds(FindingSeverity::kError, "role is slave", "redis.dsn")));
}

TEST(DurabilityTest, ReplicasThatNeedNotHaveAViewAreNoticed) {
  RedisFacts redis = GoodRedis();
  redis.info["connected_slaves"] = "1";
  EXPECT_THAT(JudgeDurability(redis, GoodMysql(), WriterMemory::kProcess).findings,
              ElementsAre(Finds(FindingSeverity::kNotice, "min-replicas-to-write is 0",
                                "set min-replicas-to-write 1")));
}

TEST(DurabilityTest, WithoutConfigItSaysSoAndJudgesByWhatInfoTells) {
  RedisFacts redis = {.config = {},
                      .info = {{"role", "master"}, {"aof_enabled", "0"}, {"maxmemory_policy", "allkeys-lfu"}},
                      .config_refused = "NOPERM"};
  const Durability durability = JudgeDurability(redis, GoodMysql(), WriterMemory::kProcess);
  EXPECT_THAT(durability.level, HasSubstr("all views that are not in MySQL may be lost"));
  EXPECT_THAT(durability.findings,
              ElementsAre(Finds(FindingSeverity::kError, "allkeys-lfu", "noeviction"),
                          Finds(FindingSeverity::kWarning, "appendonly is no", "appendonly yes"),
                          Finds(FindingSeverity::kNotice, "CONFIG GET is refused (NOPERM)", "config|get")));
  redis.info["aof_enabled"] = "1";
  EXPECT_THAT(JudgeDurability(redis, GoodMysql(), WriterMemory::kProcess).level,
              HasSubstr("not known how soon"));
}

TEST(DurabilityTest, TheLevelTellsWhatTheWritersCover) {
  RedisFacts redis = GoodRedis();
  redis.config["appendfsync"] = "everysec";
  const auto level = [&](WriterMemory memory) { return JudgeDurability(redis, GoodMysql(), memory).level; };
  EXPECT_THAT(level(WriterMemory::kProcess), HasSubstr("unless it is killed too"));
  EXPECT_THAT(level(WriterMemory::kDisk), HasSubstr("even after it was killed itself"));
  EXPECT_THAT(level(WriterMemory::kUnknown), HasSubstr("an article service that lives on"));
}

// A monitor whose servers tell what the test says, and count how often they are asked.
class DurabilityMonitorTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  absl::StatusOr<RedisFacts> redis_ = GoodRedis();
  absl::StatusOr<MysqlFacts> mysql_ = GoodMysql();
  int redis_asked_ = 0;
  int mysql_asked_ = 0;
  DurabilityMonitor monitor_{{.memory = WriterMemory::kProcess},
                             [this] { return ++redis_asked_, redis_; },
                             [this] { return ++mysql_asked_, mysql_; },
                             clock_};
};

TEST_F(DurabilityMonitorTest, AsksEachServerWhenItIsThereAndThenOnceAMinute) {
  monitor_.Look(false, true);
  EXPECT_EQ(redis_asked_, 0);
  EXPECT_EQ(mysql_asked_, 1);
  for (int second = 0; second < 60; ++second) {
    monitor_.Look(true, true);
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(redis_asked_, 1);
  EXPECT_EQ(mysql_asked_, 1);
  monitor_.Look(true, true);
  EXPECT_EQ(redis_asked_, 2);
  EXPECT_EQ(mysql_asked_, 2);
}

TEST_F(DurabilityMonitorTest, AsksAServerThatCameBackAtOnce) {
  monitor_.Look(true, true);
  monitor_.Look(false, true);
  redis_->config["appendfsync"] = "everysec";
  monitor_.Look(true, true);
  EXPECT_EQ(redis_asked_, 2);
  EXPECT_EQ(mysql_asked_, 1);
  EXPECT_THAT(monitor_.Read().findings, SizeIs(1));
}

TEST_F(DurabilityMonitorTest, AsksMysqlAtEveryLookWhileAMigrationIsMissing) {
  mysql_->missing_migrations = {"3 (dropped_letters)"};
  for (int look = 0; look < 3; ++look) monitor_.Look(true, true);
  EXPECT_EQ(mysql_asked_, 3);
  EXPECT_FALSE(monitor_.Read().schema_complete);
  mysql_ = GoodMysql();
  for (int look = 0; look < 3; ++look) monitor_.Look(true, true);
  EXPECT_EQ(mysql_asked_, 4);
  EXPECT_TRUE(monitor_.Read().schema_complete);
}

TEST_F(DurabilityMonitorTest, LogsAFindingOnceWhenItAppearsAndOnceWhenItIsGone) {
  const auto look = [this](const std::string& fsync) {
    redis_->config["appendfsync"] = fsync;
    clock_.Advance(absl::Minutes(1));
    ::testing::internal::CaptureStderr();
    monitor_.Look(true, true);
    return ::testing::internal::GetCapturedStderr();
  };
  InitLogging("test", LogLevel::kInfo);
  EXPECT_THAT(look("always"), Not(HasSubstr("durability_finding")));
  EXPECT_THAT(look("no"),
              AllOf(HasSubstr("warning test durability_finding"), HasSubstr("appendfsync is no")));
  EXPECT_THAT(look("no"), IsEmpty());
  EXPECT_THAT(look("always"), HasSubstr("info test durability_finding_gone"));
}

TEST_F(DurabilityMonitorTest, KeepsWhatItKnowsWhenAServerDoesNotTellAndSaysSo) {
  redis_->config["appendfsync"] = "everysec";
  monitor_.Look(true, true);
  const std::string level = monitor_.Read().level;
  redis_ = absl::UnavailableError("LOADING");
  clock_.Advance(absl::Minutes(1));
  monitor_.Look(true, true);
  EXPECT_EQ(monitor_.Read().level, level);
  EXPECT_THAT(monitor_.Read().findings,
              ElementsAre(Finds(FindingSeverity::kWarning, "everysec", "always"),
                          Finds(FindingSeverity::kNotice, "settings of Redis could not be read", "LOADING")));
}

}  // namespace
}  // namespace readcount
