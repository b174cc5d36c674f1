#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "tests/e2e/stack.h"
#include "tests/support/notify_socket.h"

namespace readcount::testing {
namespace {

using ::testing::HasSubstr;

// Runs a program to its end and returns its exit status and what it printed.
std::pair<int, std::string> RunToEnd(const std::string& name, const std::vector<std::string>& arguments,
                                     const std::map<std::string, std::string>& environment = {}) {
  TempDir dir;
  std::vector<std::string> command = {std::string(READCOUNT_BIN_DIR) + "/" + name};
  command.insert(command.end(), arguments.begin(), arguments.end());
  ChildProcess process(command, dir.path("log"), environment);
  const int status = process.Wait();
  return {status, ReadFile(dir.path("log"))};
}

class Fault27 : public ::testing::TestWithParam<const char*> {};

TEST_P(Fault27, BadConfigurationStopsTheProgramWithFileLineAndKey) {
  TempDir dir;
  const std::string file = dir.path("app.yaml");
  std::ofstream(file) << "log:\n  level: info\nsync:\n  intervall: 1s\n";
  const auto [status, output] = RunToEnd(GetParam(), {"--config", file});
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, HasSubstr(file + ":4: sync.intervall: is not a known key"));
}

TEST_P(Fault27, AMissingFileIsNamed) {
  const auto [status, output] = RunToEnd(GetParam(), {"--config", "/nowhere.yaml"});
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, HasSubstr("/nowhere.yaml: cannot be read"));
}

TEST_P(Fault27, ADirectoryIsNoConfiguration) {
  TempDir dir;
  const auto [status, output] =
      RunToEnd(GetParam(), {"--check-config", "--config", dir.path()}, Stack::ServerVariables());
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, HasSubstr(dir.path() + ": is a directory, not a file"));
}

TEST_P(Fault27, AMistypedVariableStopsTheProgram) {
  std::map<std::string, std::string> variables = Stack::ServerVariables();
  variables["READCOUNT_AUTH_TOKEN"] = "hunter2";
  const auto [status, output] =
      RunToEnd(GetParam(), {"--config", READCOUNT_SOURCE_DIR "/app.yaml"}, variables);
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, HasSubstr("environment READCOUNT_AUTH_TOKEN: stands for no known key"));
  EXPECT_THAT(output, HasSubstr("READCOUNT_AUTH_TOKENS"));
  EXPECT_THAT(output, ::testing::Not(HasSubstr("hunter2")));
}

TEST_P(Fault27, AForeignVariableIsNamedInAWarning) {
  std::map<std::string, std::string> variables = Stack::ServerVariables();
  variables["READCOUNT_SYNC_INTERVAL"] = "off";
  variables["READCOUNT_IMAGE"] = "readcount:1";
  const ProgramProcess program(GetParam(), variables);
  EXPECT_THAT(program.log(), HasSubstr("unknown_variables names=READCOUNT_IMAGE "));
}

TEST_P(Fault27, ATakenPortIsNamedWithItsKey) {
  const std::string name = GetParam();
  std::map<std::string, std::string> variables = Stack::ServerVariables();
  variables["READCOUNT_SYNC_INTERVAL"] = "off";
  ProgramProcess first(name, variables);
  std::string section = name.substr(0, name.find('-'));
  TempDir dir;
  std::ofstream(dir.path("app.yaml")) << section << ":\n  listen: " << first.address() << "\n";
  const auto [status, output] = RunToEnd(name, {"--config", dir.path("app.yaml")}, variables);
  EXPECT_EQ(status, 1);
  EXPECT_THAT(output, HasSubstr(dir.path("app.yaml") + ":2: " + section + ".listen: cannot listen on " +
                                first.address()));
}

// The address served is free, that of the metrics is not, or is none.
TEST_P(Fault27, BadMetricsAddressesStopTheProgram) {
  const std::string name = GetParam();
  const std::string section = name.substr(0, name.find('-'));
  std::map<std::string, std::string> variables = Stack::ServerVariables();
  variables["READCOUNT_SYNC_INTERVAL"] = "off";
  const ProgramProcess first(name, variables);
  TempDir dir;
  const std::string file = dir.path("app.yaml"), key = section + ".metrics_listen";
  const auto run_with = [&](const std::string& address) {
    std::ofstream(file) << section << ":\n  listen: 127.0.0.1:0\n  metrics_listen: " << address << "\n";
    return RunToEnd(name, {"--config", file}, variables);
  };
  const auto [status, output] = run_with(first.metrics_address());
  EXPECT_EQ(status, 1);
  EXPECT_THAT(output, HasSubstr(file + ":3: " + key + ": cannot listen on " + first.metrics_address() +
                                ": the address is in use"));
  const auto [bad_status, bad_output] = run_with("9100");
  EXPECT_EQ(bad_status, 2);
  EXPECT_THAT(bad_output, HasSubstr(file + ":3: " + key + ": '9100' is not host:port"));
}

TEST_P(Fault27, TooFewDescriptorsStopTheProgramWithWhatToDo) {
  for (const int descriptors : {8, 16, 32, 64}) {
    TempDir dir;
    const std::string command = "ulimit -n " + std::to_string(descriptors) + "; exec " READCOUNT_BIN_DIR "/" +
                                GetParam() + " --config " READCOUNT_SOURCE_DIR "/app.yaml";
    EXPECT_EQ(ChildProcess({"sh", "-c", command}, dir.path("log"), Stack::ServerVariables()).Wait(), 1);
    EXPECT_THAT(ReadFile(dir.path("log")), HasSubstr("raise the limit of open files")) << descriptors;
  }
}

TEST_P(Fault27, TellsItsVersionAndSettings) {
  EXPECT_EQ(RunToEnd(GetParam(), {"--version"}).first, 0);
  const auto [status, output] =
      RunToEnd(GetParam(), {"--config", READCOUNT_SOURCE_DIR "/app.yaml", "--get", "sync.interval"});
  EXPECT_EQ(status, 0);
  EXPECT_EQ(output, "10s\n");
}

TEST_P(Fault27, TellsAServiceManagerWhenItServesAndWhenItEnds) {
  NotifySocket manager;
  std::map<std::string, std::string> variables = Stack::ServerVariables();
  variables["READCOUNT_SYNC_INTERVAL"] = "off";
  variables["NOTIFY_SOCKET"] = manager.path();
  ProgramProcess program(GetParam(), variables);
  EXPECT_EQ(manager.Next(), "READY=1\nSTATUS=Serving at " + program.address());
  EXPECT_EQ(program.Stop(), 0);
  EXPECT_THAT(manager.Next(), HasSubstr("STOPPING=1"));
}

TEST_P(Fault27, ChecksItsConfigurationAndExits) {
  const std::map<std::string, std::string> servers = Stack::ServerVariables();
  TempDir dir;
  const std::string file = dir.path("app.yaml");
  const std::vector<std::string> check = {"--check-config", "--config", file};
  // Nobody listens there, and the addresses are taken: neither is asked for.
  const ProgramProcess other("gateway", servers);
  std::ofstream(file)
      << "mysql:\n  dsn: mysql://root@127.0.0.1:1/article_sys\nredis:\n  dsn: redis://127.0.0.1:1/0\n"
      << "article:\n  listen: " << other.address() << "\nsync:\n  listen: " << other.address()
      << "\ngateway:\n  listen: " << other.address() << "\n";
  EXPECT_EQ(RunToEnd(GetParam(), check), std::pair(0, file + " is valid\n"));
  std::ofstream(file)
      << "log:\n  level: loud\nredis:\n  dsn: redis://:secret@127.0.0.1:0/0\nsyc:\n  lanes: 2\n";
  const auto [status, output] = RunToEnd(GetParam(), check);
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, HasSubstr(file + ":2: log.level: 'loud' is none of"));
  EXPECT_THAT(output, HasSubstr(file + ":4: redis.dsn: '(not shown)'"));
  EXPECT_THAT(output, HasSubstr(file + ":6: syc.lanes: is not a known key"));
  EXPECT_THAT(output, ::testing::Not(HasSubstr("secret")));
}

INSTANTIATE_TEST_SUITE_P(Programs, Fault27, ::testing::Values("article-service", "sync-service", "gateway"),
                         [](const auto& suite) {
                           std::string name = suite.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(Fault27OfServices, AnEmptyDsnStopsTheServices) {
  for (const char* name : {"article-service", "sync-service"}) {
    const auto [status, output] = RunToEnd(name, {"--config", READCOUNT_SOURCE_DIR "/app.yaml"});
    EXPECT_EQ(status, 2) << name;
    EXPECT_THAT(output, HasSubstr("mysql.dsn: is empty"));
  }
}

// What no parser of the file can see.
TEST(CheckConfigTest, FindsWhatWouldKeepAProgramFromStarting) {
  TempDir dir;
  const std::string file = dir.path("app.yaml");
  const auto check = [&](const std::string& name, const std::string& text) {
    std::ofstream(file) << text;
    return RunToEnd(name, {"--check-config", "--config", file});
  };
  const auto [status, output] = check("article-service", "article:\n  spool: /nowhere/spool.db\n");
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, HasSubstr("default: mysql.dsn: is empty"));
  EXPECT_THAT(output, HasSubstr("default: redis.dsn: is empty"));
  EXPECT_THAT(output, HasSubstr(file + ":2: article.spool: the spool /nowhere/spool.db: cannot be made: "));
  EXPECT_THAT(check("article-service", "article:\n  spool_keeps: everything\n").second,
              HasSubstr(file + ":2: article.spool_keeps: everything needs a file"));
  EXPECT_THAT(check("article-service", "article:\n  spool: /\n").second,
              HasSubstr("article.spool: the spool /: is no file"));
  EXPECT_THAT(check("sync-service", "sync:\n  lanes: 1\n").second, HasSubstr("mysql.dsn: is empty"));
  EXPECT_THAT(check("gateway", "gateway:\n  cors_origins: nowhere\n").second,
              HasSubstr(file + ":2: gateway.cors_origins: "));
}

TEST(SchemaTest, MayBeLoadedAgainAndKeepsWhatIsThere) {
  ResetServers(2);
  SharedMariadb().Query("UPDATE articles SET read_count = 7, title = 'kept' WHERE id = 1");
  SharedMariadb().LoadSchema();
  EXPECT_EQ(SharedMariadb().Number("SELECT COUNT(*) FROM articles"), 2u);
  EXPECT_EQ(SharedMariadb().Number("SELECT read_count FROM articles WHERE title = 'kept'"), 7u);
}

TEST(SchemaTest, InsertsTheTwoArticlesIntoAnEmptyTable) {
  SharedMariadb().Query("TRUNCATE TABLE articles");
  SharedMariadb().LoadSchema();
  const mysql::Result rows =
      SharedMariadb().Query("SELECT id, title, author, created_at FROM articles ORDER BY id");
  ASSERT_EQ(rows.rows.size(), 2u);
  EXPECT_EQ(rows.rows[0][1], "rust程序设计基本介绍");
  EXPECT_EQ(rows.rows[1][1], "rust项目实战");
  EXPECT_EQ(rows.rows[1][3], "2024-12-08 10:10:08");
}

}  // namespace
}  // namespace readcount::testing
