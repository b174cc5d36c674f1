#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "services/common/mysql/migrator.h"
#include "tests/support/child_process.h"
#include "tests/support/servers.h"

namespace readcount::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The command as an operator runs it, on a database that somebody else may have loaded.
class MigrateTest : public ::testing::Test {
 protected:
  MigrateTest() { Run("DROP DATABASE IF EXISTS article_sys"); }

  static std::unique_ptr<mysql::Connection> Connect() {
    MysqlSettings settings = SharedMariadb().settings();
    settings.dsn.database.clear();
    return *mysql::Connection::Open(settings);
  }
  static void Run(const std::string& sql) { EXPECT_TRUE(Connect()->Command(sql).ok()) << sql; }
  static uint64_t Number(const std::string& sql) {
    return mysql::ToUint64(Connect()->Execute(sql)->rows[0][0]);
  }
  static uint64_t Tables() {
    return Number("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'article_sys'");
  }

  // Exit status and what was printed.
  std::pair<int, std::string> Migrate(const std::vector<std::string>& options = {},
                                      const std::string& dsn = SharedMariadb().url()) {
    std::vector<std::string> command = {READCOUNT_BIN_DIR "/readcount", "--config",
                                        READCOUNT_SOURCE_DIR "/app.yaml", "migrate"};
    command.insert(command.end(), options.begin(), options.end());
    const std::string log = dir_.path("log");
    std::filesystem::remove(log);
    ChildProcess process(command, log, {{"READCOUNT_MYSQL_DSN", dsn}});
    const int status = process.Wait();
    return {status, ReadFile(log)};
  }

  // A copy of sql/ to be spoiled.
  std::string CopyOfFiles() {
    const std::string folder = dir_.path("sql");
    std::filesystem::copy(READCOUNT_SOURCE_DIR "/sql", folder);
    return folder;
  }

  TempDir dir_;
};

TEST_F(MigrateTest, MakesTheSchemaAndFindsNothingToDoTheNextTime) {
  const std::string files = std::to_string(mysql::BuiltInMigrations()->size());
  const auto [status, output] = Migrate();
  EXPECT_EQ(status, 0) << output;
  EXPECT_THAT(output, HasSubstr("applying 001_article_sys.sql\napplying 002_read_count.sql\n"));
  EXPECT_THAT(output, HasSubstr("the schema is complete: " + files + " migrations, " + files +
                                " of them applied now"));
  EXPECT_EQ(Number("SELECT COUNT(*) FROM article_sys.articles"), 2u);
  EXPECT_THAT(Migrate().second, AllOf(Not(HasSubstr("applying")), HasSubstr(", 0 of them applied now")));
}

TEST_F(MigrateTest, AdoptsWhatWasLoadedByHand) {
  SharedMariadb().LoadSchema();
  EXPECT_THAT(Migrate({"--status"}).second, HasSubstr("pending"));
  EXPECT_EQ(Migrate().first, 0);
  EXPECT_THAT(Migrate({"--status"}).second, AllOf(Not(HasSubstr("pending")), HasSubstr("root@localhost")));
}

TEST_F(MigrateTest, ShowsWhatItWouldDoAndChangesNothing) {
  const auto [status, output] = Migrate({"--dry-run"});
  EXPECT_EQ(status, 0) << output;
  EXPECT_THAT(output, HasSubstr("would apply 001_article_sys.sql\nwould apply 002_read_count.sql\n"));
  EXPECT_THAT(Migrate({"--status"}).second, HasSubstr("pending"));
  EXPECT_EQ(Tables(), 0u);
  EXPECT_EQ(Migrate().first, 0);
  EXPECT_EQ(Migrate({"--dry-run"}).second, "nothing to apply\n");
}

TEST_F(MigrateTest, WritesJsonForPrograms) {
  EXPECT_THAT(Migrate({"--dry-run", "--json"}).second,
              HasSubstr(R"({"number":3,"name":"dropped_letters","state":"pending"})"));
  EXPECT_THAT(Migrate({"--json"}).second,
              HasSubstr(R"({"number":1,"name":"article_sys","state":"applied"})"));
  EXPECT_THAT(Migrate({"--status", "--json"}).second,
              HasSubstr(R"({"number":2,"name":"read_count","state":"applied","applied_at":"2)"));
}

TEST_F(MigrateTest, RefusesAFileThatWasChangedAfterItWasApplied) {
  ASSERT_EQ(Migrate().first, 0);
  const std::string folder = CopyOfFiles();
  std::ofstream(folder + "/002_read_count.sql", std::ios::app) << "-- a word more\n";
  const auto [status, output] = Migrate({"--folder", folder});
  EXPECT_EQ(status, 1);
  EXPECT_THAT(output, HasSubstr("002_read_count.sql: is not what was applied at "));
  EXPECT_THAT(Migrate({"--status", "--folder", folder}).second, HasSubstr("changed"));
}

TEST_F(MigrateTest, RefusesADatabaseThatIsNewer) {
  ASSERT_EQ(Migrate().first, 0);
  Run("INSERT INTO article_sys.read_count_migrations VALUES (999, 'later', '', UTC_TIMESTAMP(6), 'readcount "
      "9.0.0')");
  const auto [status, output] = Migrate();
  EXPECT_EQ(status, 1);
  EXPECT_THAT(output, HasSubstr("migration 999 (later), applied by readcount 9.0.0"));
  EXPECT_THAT(Migrate({"--status"}).second, HasSubstr("unknown"));
}

TEST_F(MigrateTest, SaysWhatIsWrongWithItsInput) {
  const std::string folder = CopyOfFiles();
  std::filesystem::copy(folder + "/002_read_count.sql", folder + "/2_more.sql");
  const auto [status, output] = Migrate({"--folder", folder});
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, HasSubstr(folder + "/2_more.sql: is not named as"));
  EXPECT_EQ(Migrate({}, "").first, 2);
  EXPECT_EQ(Migrate({}, "mysql://root@127.0.0.1:1/article_sys").first, 3);
  EXPECT_EQ(Migrate({}, "mysql://root@127.0.0.1:1/other").first, 2);
}

}  // namespace
}  // namespace readcount::testing
