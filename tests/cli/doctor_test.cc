#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/cli/readcount.h"
#include "tests/support/certificates.h"
#include "tests/support/sanitized.h"

namespace readcount::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// A sound installation: the three programs on the shared servers. Tests spoil one thing each.
class CliDoctorTest : public ::testing::Test {
 protected:
  CliDoctorTest() : stack_(2) {
    std::filesystem::create_directory(kState);
    variables_ = Stack::ServerVariables();
    variables_.merge(AddressesOf(stack_));
    variables_["READCOUNT_ARTICLE_SPOOL"] = std::string(kState) + "/spool.db";
    variables_["READCOUNT_GATEWAY_MAX_CONNECTIONS"] = "500";
    variables_["READCOUNT_ARTICLE_METRICS_LISTEN"] = stack_.article_service->metrics_address();
    variables_["READCOUNT_SYNC_METRICS_LISTEN"] = stack_.sync_service->metrics_address();
    variables_["READCOUNT_GATEWAY_METRICS_LISTEN"] = stack_.gateway->metrics_address();
    WriteConfig("log:\n  level: info\n");
  }

  void WriteConfig(const std::string& text) const {
    std::ofstream(dir_.path("app.yaml")) << text;
    chmod(dir_.path("app.yaml").c_str(), 0640);
  }

  ToolResult Examine(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"doctor", "--config", dir_.path("app.yaml"), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTool(arguments, variables_);
  }

  // What doctor must say, and with which exit code, now that something is spoilt.
  void ExpectFinding(const std::string& check, const std::string& verdict, const std::string& words) const {
    const ToolResult result = Examine();
    EXPECT_EQ(result.status, 1) << result.out;
    EXPECT_THAT(result.err, MatchesRegex("readcount: found [0-9]+ problems? and [0-9]+ warnings?\n"));
    ExpectLine(result, check, verdict, words);
  }

  static void ExpectLine(const ToolResult& result, const std::string& check, const std::string& verdict,
                         const std::string& words) {
    const std::string begin = R"({"check":")" + check + R"(","verdict":")" + verdict + "\"";
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) {
      if (line.compare(0, begin.size(), begin) == 0 && line.find(words) != std::string::npos) {
        EXPECT_THAT(line, Not(HasSubstr(R"("to_do":""})"))) << "says not what to do";
        return;
      }
    }
    ADD_FAILURE() << begin << "… " << words << " is not in:\n" << result.out << result.err;
  }

  // On a disk, as /tmp need not be.
  static constexpr char kState[] = READCOUNT_BUILD_DIR "/doctor-test";

  Stack stack_;
  TempDir dir_;
  Variables variables_;
};

TEST_F(CliDoctorTest, FindsNothingWrongWithASoundInstallation) {
  const ToolResult result = Examine();
  EXPECT_EQ(result.status, 0) << result.out << result.err;
  EXPECT_THAT(result.out, Not(HasSubstr("\"warning\"")));
  EXPECT_THAT(result.out, Not(HasSubstr("\"problem\"")));
  for (const char* check : {"config",
                            "listen.article",
                            "listen.metrics",
                            "spool",
                            "descriptors",
                            "redis",
                            "redis.version",
                            "redis.settings",
                            "redis.permissions",
                            "redis.clock",
                            "mysql",
                            "mysql.version",
                            "mysql.settings",
                            "mysql.schema",
                            "mysql.permissions",
                            "mysql.clock",
                            "article-service",
                            "sync-service",
                            "gateway",
                            "article-service.version",
                            "sync-service.descriptors",
                            "gateway.version"}) {
    EXPECT_THAT(result.out, HasSubstr(std::string(R"({"check":")") + check + R"(","verdict":"ok")"));
  }
}

TEST_F(CliDoctorTest, TellsPeopleWhatToDo) {
  variables_["READCOUNT_ARTICLE_LISTEN"] = "0.0.0.0:50051";
  const ToolResult result = RunTool({"doctor", "--config", dir_.path("app.yaml")}, variables_);
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out, HasSubstr("warning  listen.article: "));
  EXPECT_THAT(result.out, HasSubstr("\n         to do: set article.listen to 127.0.0.1"));
  EXPECT_EQ(result.err, "readcount: found 0 problems and 1 warning\n");
  EXPECT_EQ(Examine({"--allow-warnings"}).status, 0);
}

TEST_F(CliDoctorTest, FindsAConfigurationThatNoProgramTakes) {
  WriteConfig("sync:\n  intervall: 1s\n");
  ExpectFinding("config", "problem", "app.yaml:2: sync.intervall: is not a known key");
}

TEST_F(CliDoctorTest, FindsSecretsThatOthersMayRead) {
  variables_.erase("READCOUNT_GATEWAY_ADMIN_TOKEN");
  WriteConfig("gateway:\n  admin_token: sesame\n");
  chmod(dir_.path("app.yaml").c_str(), 0644);
  ExpectFinding("config.secrets", "problem", "(gateway.admin_token) and has the mode 0644");
  std::ofstream(dir_.path("token")) << "sesame\n";
  chmod(dir_.path("token").c_str(), 0604);
  ExpectLine(Examine({"--token-file", dir_.path("token")}), "token.secrets", "problem", "every user");
}

TEST_F(CliDoctorTest, FindsAPortThatOthersReach) {
  variables_["READCOUNT_SYNC_LISTEN"] = "0.0.0.0:50052";
  variables_["READCOUNT_SYNC_METRICS_LISTEN"] = "[::]:50062";
  ExpectFinding("listen.sync", "problem", "sync-service does not start");
  ExpectFinding("listen.metrics", "warning", "[::]:50062");
  variables_["READCOUNT_AUTH_TOKENS"] = "right-token-0123456789";
  const ToolResult result = Examine();
  ExpectLine(result, "listen.sync", "warning", "tokens and what is read cross the network in clear");
  EXPECT_THAT(result.out, Not(HasSubstr("may record views or sync")));
  variables_["READCOUNT_GATEWAY_LISTEN"] = "0.0.0.0:8080";
  ExpectFinding("listen.gateway", "warning", "the tokens of auth.tokens");
}

TEST_F(CliDoctorTest, FindsKeysAndTokensThatOthersMayRead) {
  for (const char* name : {"tokens", "key"}) {
    std::ofstream(dir_.path(name)) << "right-token-0123456789\n";
    chmod(dir_.path(name).c_str(), 0644);
  }
  variables_["READCOUNT_AUTH_TOKENS_FILE"] = dir_.path("tokens");
  ExpectFinding("token.secrets", "problem", "holds a token and has the mode 0644");
  for (const char* key : {"GATEWAY_TLS", "GATEWAY_SERVICES"}) {
    variables_[std::string("READCOUNT_") + key + "_CERTIFICATE"] = dir_.path("key");
    variables_[std::string("READCOUNT_") + key + "_KEY"] = dir_.path("key");
    if (std::string(key) == "GATEWAY_SERVICES")
      variables_["READCOUNT_GATEWAY_SERVICES_CA"] = dir_.path("key");
    ExpectFinding("tls.secrets", "problem", "holds a private key and has the mode 0644");
    variables_.erase(std::string("READCOUNT_") + key + "_CERTIFICATE");
    variables_.erase(std::string("READCOUNT_") + key + "_KEY");
  }
}

TEST_F(CliDoctorTest, FindsAGatewayWithTlsThatIsAway) {
  variables_["READCOUNT_GATEWAY_TLS_CERTIFICATE"] = dir_.path("key");
  variables_["READCOUNT_GATEWAY_TLS_KEY"] = dir_.path("key");
  EXPECT_THAT(Examine().out, HasSubstr("takes connections and speaks HTTPS"));
  stack_.gateway->Kill();
  ExpectFinding("gateway", "problem", stack_.gateway->address());
}

TEST_F(CliDoctorTest, AsksWhetherAGatewayThatSaysNoHttpSpeaksTls) {
  const CertificateAuthority authority;
  authority.Issue().Write(dir_.path("server"));
  Variables tls = variables_;
  tls["READCOUNT_GATEWAY_TLS_CERTIFICATE"] = dir_.path("server.pem");
  tls["READCOUNT_GATEWAY_TLS_KEY"] = dir_.path("server.key");
  tls.erase("READCOUNT_GATEWAY_METRICS_LISTEN");
  const ProgramProcess gateway("gateway", tls);
  variables_["READCOUNT_GATEWAY_LISTEN"] = gateway.address();
  const ToolResult result = Examine();
  ExpectLine(result, "gateway", "problem", gateway.address() + ": ");
  ExpectLine(result, "gateway", "problem", "does it speak TLS?");
  ExpectLine(result, "gateway", "problem",
             "run doctor with its configuration, which sets gateway.tls_certificate");
  const ToolResult load = RunTool({"load", "--http", "http://" + gateway.address(), "--duration", "200ms"});
  EXPECT_EQ(load.status, 3);
  EXPECT_THAT(load.err, HasSubstr("does it speak TLS?"));
}

TEST_F(CliDoctorTest, FindsASpoolThatCannotBeWritten) {
  variables_["READCOUNT_ARTICLE_SPOOL"] = "/nowhere/spool.db";
  ExpectFinding("spool", "problem", "/nowhere/spool.db cannot be written");
  variables_["READCOUNT_ARTICLE_SPOOL"] = "/dev/shm/spool.db";
  ExpectFinding("spool", "warning", "is in memory");
}

TEST_F(CliDoctorTest, FindsTooFewFileDescriptors) {
  variables_["READCOUNT_GRPC_MAX_CONNECTIONS"] = "1000000";
  const ToolResult result = Examine();
  ExpectLine(result, "descriptors", "warning", "its settings allow 1000000 connections");
  ExpectLine(result, "article-service.descriptors", "warning", "its settings allow 1000000 connections");
}

class CliDoctorRedisTest : public CliDoctorTest {
 protected:
  ~CliDoctorRedisTest() override {
    Set("appendonly", "yes");
    Set("maxmemory-policy", "noeviction");
    Set("maxmemory", "0");
  }
  static void Set(const std::string& name, const std::string& value) {
    SharedRedis().Command({"CONFIG", "SET", name, value});
  }
};

TEST_F(CliDoctorRedisTest, FindsARedisThatKeepsNothing) {
  Set("appendonly", "no");
  ExpectFinding("redis.settings", "warning", "appendonly is no");
}

TEST_F(CliDoctorRedisTest, FindsARedisThatThrowsViewsAway) {
  Set("maxmemory", "100mb");
  Set("maxmemory-policy", "allkeys-lru");
  ExpectFinding("redis.settings", "problem", "maxmemory-policy is allkeys-lru");
}

TEST_F(CliDoctorRedisTest, FindsAUserWhoMayNotCallWhatIsNeeded) {
  SharedRedis().Command({"ACL", "SETUSER", "weak", "on", ">pw", "~article_sys:*",
                         "~{article_sys:read_count:hash}:*", "+@all", "-rename", "-copy"});
  variables_["READCOUNT_REDIS_DSN"] = "unix://weak:pw@" + SharedRedis().url().substr(7);
  ExpectFinding("redis.permissions", "problem", "RENAME article_sys:read_count:hash, COPY");
  SharedRedis().Command({"ACL", "SETUSER", "weak", "on", ">pw", "resetkeys", "~other:*", "+@all"});
  ExpectFinding("redis.permissions", "problem", "a script is refused");
  SharedRedis().Command({"ACL", "DELUSER", "weak"});
}

TEST_F(CliDoctorRedisTest, FindsTooFewReplicas) {
  variables_["READCOUNT_REDIS_WAIT_REPLICAS"] = "1";
  ExpectFinding("redis.replicas", "problem", "0 are connected");
}

TEST_F(CliDoctorRedisTest, FindsThatRedisAndMysqlAreAway) {
  variables_["READCOUNT_REDIS_DSN"] = "redis://127.0.0.1:1/0";
  variables_["READCOUNT_MYSQL_DSN"] = "mysql://root@127.0.0.1:1/article_sys";
  ExpectFinding("redis", "problem", "127.0.0.1:1");
  ExpectFinding("mysql", "problem", "127.0.0.1:1");
}

class CliDoctorMysqlTest : public CliDoctorTest {
 protected:
  // Gives the doctor a user with these privileges.
  void BeUserWith(const std::vector<std::string>& grants) {
    SharedMariadb().Query("CREATE OR REPLACE USER weak IDENTIFIED BY 'pw'");
    for (const std::string& grant : grants) SharedMariadb().Query("GRANT " + grant + " TO weak");
    std::string url = SharedMariadb().url();
    variables_["READCOUNT_MYSQL_DSN"] = url.replace(url.find("root@"), 5, "weak:pw@");
  }
};

TEST_F(CliDoctorMysqlTest, FindsAMysqlThatMayLoseWhatItHasApplied) {
  SharedMariadb().Query("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
  ExpectFinding("mysql.settings", "warning", "innodb_flush_log_at_trx_commit is 2");
  SharedMariadb().Query("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
}

TEST_F(CliDoctorMysqlTest, FindsASchemaThatIsNotThere) {
  SharedMariadb().Query("RENAME TABLE read_count_writers TO elsewhere");
  SharedMariadb().Query("ALTER TABLE read_count_sync_runs DROP COLUMN resumed");
  ExpectFinding("mysql.schema", "problem", "missing are read_count_sync_runs.resumed, read_count_writers");
  SharedMariadb().Query("RENAME TABLE elsewhere TO read_count_writers");
  SharedMariadb().Query(
      "ALTER TABLE read_count_sync_runs ADD COLUMN resumed tinyint unsigned NOT NULL AFTER batches");
}

TEST_F(CliDoctorMysqlTest, FindsAMigrationThatIsMissingOrFromTheFuture) {
  SharedMariadb().Query("DROP TABLE IF EXISTS read_count_migrations");
  EXPECT_EQ(RunTool({"migrate"}, variables_).status, 0);
  SharedMariadb().Query("DELETE FROM read_count_migrations WHERE number = 2");
  ExpectFinding("mysql.schema", "problem", "missing are the migrations 2 (");
  EXPECT_EQ(RunTool({"migrate"}, variables_).status, 0);
  SharedMariadb().Query("UPDATE read_count_migrations SET number = 99 WHERE number = 2");
  const ToolResult result = Examine();
  ExpectLine(result, "mysql.schema", "problem", "run readcount migrate");
  ExpectLine(result, "mysql.schema", "warning", "is newer than this readcount");
  SharedMariadb().Query("DROP TABLE read_count_migrations");
}

TEST_F(CliDoctorMysqlTest, FindsAUserWhoMayNotWriteWhatIsNeeded) {
  BeUserWith({"SELECT, INSERT, UPDATE ON article_sys.*"});
  ExpectFinding("mysql.permissions", "problem", "DELETE on read_count_dead_letters");
  BeUserWith({"SELECT, INSERT, UPDATE, DELETE ON article_sys.*"});
  EXPECT_EQ(Examine().status, 0) << Examine().out;
  SharedMariadb().Query("DROP USER weak");
}

TEST_F(CliDoctorTest, FindsClocksThatDisagree) {
  if (kSanitized) GTEST_SKIP() << "the sanitizers suffer no library that replaces the clock";
  variables_["LD_PRELOAD"] = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
  variables_["FAKETIME"] = "+300s";
  variables_["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
  const ToolResult result = Examine();
  ExpectLine(result, "redis.clock", "warning", "behind this machine's");
  ExpectLine(result, "mysql.clock", "warning", "behind this machine's");
}

TEST_F(CliDoctorTest, FindsProgramsThatAreAwayOrCannotWork) {
  stack_.sync_service->Kill();
  stack_.gateway->Kill();
  const ToolResult result = Examine();
  ExpectLine(result, "sync-service", "problem", "check that it runs");
  ExpectLine(result, "gateway", "problem", stack_.gateway->address());
}

}  // namespace
}  // namespace readcount::testing
