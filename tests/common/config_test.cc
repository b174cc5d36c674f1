#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <map>

#include "absl/strings/str_cat.h"
#include "services/common/base/file_descriptor.h"
#include "services/common/config/document.h"
#include "services/common/config/settings.h"

namespace readcount {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class SettingsTest : public ::testing::Test {
 protected:
  ~SettingsTest() override { std::remove(path_.c_str()); }

  absl::StatusOr<Settings> Load(const std::string& text) {
    std::ofstream(path_) << text;
    return LoadSettings(path_, [this](const std::string& name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      if (found == environment_.end()) return std::nullopt;
      return found->second;
    });
  }
  std::string ErrorOf(const std::string& text) {
    const absl::StatusOr<Settings> settings = Load(text);
    EXPECT_EQ(settings.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(settings.status().message());
  }

  const std::string path_ = ::testing::TempDir() + "readcount_settings_" + std::to_string(getpid()) + ".yaml";
  std::map<std::string, std::string> environment_;
};

TEST_F(SettingsTest, ReadsEveryKindOfValue) {
  const absl::StatusOr<Settings> settings = Load(
      "log:\n  level: debug\nmysql:\n  dsn: mysql://u:p@h:3307/d\n  datetime_offset: '+08:00'\n"
      "sync:\n  interval: 250ms\n  chunk_articles: 7\ngateway:\n  listen: '[::1]:0'\n  admin_token: "
      "secret\n");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->log.level, LogLevel::kDebug);
  EXPECT_EQ(settings->mysql.dsn.port, 3307);
  EXPECT_EQ(settings->mysql.datetime_offset_minutes, 480);
  EXPECT_EQ(settings->sync.interval, absl::Milliseconds(250));
  EXPECT_EQ(settings->sync.chunk_articles, 7u);
  EXPECT_EQ(settings->gateway.listen.ToString(), "[::1]:0");
  EXPECT_EQ(settings->gateway.admin_token, "secret");
}

TEST_F(SettingsTest, TurnsTheTimerOff) {
  const absl::StatusOr<Settings> settings = Load("sync:\n  interval: off\n");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_FALSE(settings->sync.interval.has_value());
}

TEST_F(SettingsTest, ClosesConnectionsWithoutCallsOnlyIfTold) {
  absl::StatusOr<Settings> settings = Load("grpc:\n  max_streams: 7\n");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->grpc.idle_timeout, std::nullopt);
  settings = Load("grpc:\n  idle_timeout: 10m\n");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->grpc.idle_timeout, absl::Minutes(10));
  settings = Load("grpc:\n  idle_timeout: off\n");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->grpc.idle_timeout, std::nullopt);
  settings = Load("grpc:\n  idle_timeout: never\n");
  EXPECT_THAT(
      settings.status().message(),
      HasSubstr(":2: grpc.idle_timeout: 'never' is not a time from 1s to 24h, for example 10s, or off"));
}

TEST_F(SettingsTest, TheEnvironmentWins) {
  environment_["READCOUNT_SYNC_INTERVAL"] = "3s";
  const absl::StatusOr<Settings> settings = Load("sync:\n  interval: 10s\n");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->sync.interval, absl::Seconds(3));
  EXPECT_EQ(settings->Where("sync.interval"), "environment READCOUNT_SYNC_INTERVAL: sync.interval");
}

TEST_F(SettingsTest, NamesFileLineAndKeyOfAnUnknownKey) {
  EXPECT_THAT(ErrorOf("log:\n  level: info\n  colour: red\n"),
              HasSubstr(path_ + ":3: log.colour: is not a known key"));
}

TEST_F(SettingsTest, NamesFileLineAndRangeOfEveryFault) {
  EXPECT_THAT(
      ErrorOf("sync:\n  chunk_articles: many\n  lease: 2h\nlog:\n  level: loud\n"),
      AllOf(HasSubstr(path_ + ":2: sync.chunk_articles: 'many' is not a whole number from 1 to 100000"),
            HasSubstr(path_ + ":3: sync.lease: '2h' is not a time from 0 to 1m"),
            HasSubstr(path_ + ":5: log.level: 'loud' is none of debug, info, warning, error")));
}

TEST_F(SettingsTest, NamesTheVariableOfAFault) {
  environment_["READCOUNT_MYSQL_CONNECTIONS"] = "0";
  EXPECT_THAT(ErrorOf(""),
              HasSubstr("environment READCOUNT_MYSQL_CONNECTIONS: mysql.connections: '0' is not"));
}

TEST_F(SettingsTest, NeverRepeatsASecret) {
  EXPECT_THAT(ErrorOf("mysql:\n  dsn: mysql://u:hunter2@h:99999/d\n"),
              AllOf(HasSubstr(":2: mysql.dsn"), HasSubstr("a port that is no number from 1 to 65535"),
                    Not(HasSubstr("hunter2"))));
  // Without a host the password stands where a port would.
  for (const char* password : {"123456", "99999", "0", "hunter2"}) {
    environment_["READCOUNT_REDIS_DSN"] = absl::StrCat("redis://:", password);
    EXPECT_THAT(ErrorOf(""), AllOf(HasSubstr("a port that is no number"),
                                   Not(ContainsRegex(absl::StrCat("[' ]", password)))));
  }
}

TEST_F(SettingsTest, RefusesWhatIsNotYaml) {
  EXPECT_THAT(ErrorOf("log:\n  level: [info\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(ErrorOf("log:\n  level: [info]\n"),
              HasSubstr(path_ + ":2: log.level: must be a plain value, not a list"));
  EXPECT_THAT(ErrorOf("log:\n  level: info\n  level: debug\n"),
              HasSubstr(path_ + ":3: log.level: stands twice"));
  EXPECT_THAT(ErrorOf("- log\n"), HasSubstr("must be sections"));
}

TEST_F(SettingsTest, RefusesASecondDocument) {
  for (const char* second : {"auth:\n  tokens: secret\n", "", "plain", "# comment\n"}) {
    EXPECT_THAT(ErrorOf(absl::StrCat("---\nlog:\n  level: info\n---\n", second)),
                HasSubstr(": a second document begins behind ---"))
        << second;
  }
  EXPECT_THAT(ErrorOf("log:\n  level: info\n---\nauth:\n  tokens: secret\n"),
              HasSubstr(path_ + ":3: a second document"));
  EXPECT_TRUE(Load("---\nlog:\n  level: info\n...\n").ok());
}

TEST_F(SettingsTest, SaysThatTheFileIsMissing) {
  const absl::StatusOr<Settings> settings = LoadSettings("/nowhere/app.yaml", ProcessEnvironment());
  EXPECT_EQ(settings.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(settings.status().message()), HasSubstr("/nowhere/app.yaml: cannot be read"));
}

// Docker makes one where the file to be mounted is missing. What it stands for is not an empty configuration.
TEST_F(SettingsTest, RefusesADirectory) {
  const absl::Status status = LoadSettings(::testing::TempDir(), ProcessEnvironment()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(::testing::TempDir() + ": is a directory, not a file: name the configuration file"));
}

TEST_F(SettingsTest, RefusesWhatCannotBeReadToItsEnd) {
  const absl::Status status = LoadSettings("/proc/self/mem", ProcessEnvironment()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/self/mem: cannot be read: Input/output error"));
}

TEST_F(SettingsTest, ReadsAPipe) {
  std::array<int, 2> ends;
  ASSERT_EQ(pipe(ends.data()), 0);
  const FileDescriptor out(ends[0]);
  {
    const FileDescriptor in(ends[1]);
    ASSERT_EQ(write(in.get(), "sync:\n  lanes: 3\n", 17), 17);
  }
  const absl::StatusOr<Settings> settings =
      LoadSettings(absl::StrCat("/dev/fd/", out.get()), ProcessEnvironment());
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->sync.lanes, 3u);
}

TEST_F(SettingsTest, TheFileInTheTreeIsValidAndHoldsEveryKey) {
  const absl::StatusOr<Settings> settings =
      LoadSettings(READCOUNT_SOURCE_DIR "/app.yaml", [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(settings.ok()) << settings.status();
  for (const auto& [key, origin] : settings->origins)
    EXPECT_NE(origin.place, "default") << key << " is not documented";
}

TEST(DsnTest, ReadsMysqlUrls) {
  const absl::StatusOr<Dsn> dsn = ParseMysqlDsn("mysql://us%40er:p%3Aw@[::1]/article_sys");
  ASSERT_TRUE(dsn.ok()) << dsn.status();
  EXPECT_EQ(dsn->user, "us@er");
  EXPECT_EQ(dsn->password, "p:w");
  EXPECT_EQ(dsn->host, "::1");
  EXPECT_EQ(dsn->port, 3306);
  EXPECT_EQ(dsn->ForDisplay(), "[::1]:3306/article_sys");
}

TEST(DsnTest, ReadsSockets) {
  const absl::StatusOr<Dsn> mysql =
      ParseMysqlDsn("mysql://root@localhost/article_sys?socket=/run/my%20sql.sock");
  ASSERT_TRUE(mysql.ok()) << mysql.status();
  EXPECT_EQ(mysql->socket, "/run/my sql.sock");
  const absl::StatusOr<Dsn> redis = ParseRedisDsn("unix://ann:pw@/run/redis.sock?db=3");
  ASSERT_TRUE(redis.ok()) << redis.status();
  EXPECT_EQ(redis->user, "ann");
  EXPECT_EQ(redis->socket, "/run/redis.sock");
  EXPECT_EQ(redis->password, "pw");
  EXPECT_EQ(redis->database, "3");
}

TEST(DsnTest, ReadsRedisUrls) {
  const absl::StatusOr<Dsn> dsn = ParseRedisDsn("redis://:secret@cache:6380/2");
  ASSERT_TRUE(dsn.ok()) << dsn.status();
  EXPECT_EQ(dsn->password, "secret");
  EXPECT_EQ(dsn->host, "cache");
  EXPECT_EQ(dsn->port, 6380);
  EXPECT_EQ(dsn->database, "2");
}

TEST(DsnTest, ReadsTheFilesOfMysqlsTls) {
  const absl::StatusOr<Dsn> dsn = ParseMysqlDsn(
      "mysql://u@h/d?ssl_ca=/etc/my%20ca.pem&ssl_cert=/etc/own.pem&ssl_key=/etc/own.key&ssl_verify=yes");
  ASSERT_TRUE(dsn.ok()) << dsn.status();
  EXPECT_TRUE(dsn->uses_tls);
  EXPECT_TRUE(dsn->tls_verify);
  EXPECT_EQ(dsn->tls.ca, "/etc/my ca.pem");
  EXPECT_EQ(dsn->tls.certificate, "/etc/own.pem");
  EXPECT_EQ(dsn->tls.key, "/etc/own.key");
  const absl::StatusOr<Dsn> unverified = ParseMysqlDsn("mysql://u@h/d?ssl_verify=no");
  ASSERT_TRUE(unverified.ok()) << unverified.status();
  EXPECT_TRUE(unverified->uses_tls);
  EXPECT_FALSE(unverified->tls_verify);
  EXPECT_FALSE(ParseMysqlDsn("mysql://u@h/d")->uses_tls);
}

TEST(DsnTest, RefusesHalfOfTls) {
  for (const char* query :
       {"ssl_ca=", "ssl_cert=/c", "ssl_ca=/a&ssl_cert=/c", "ssl_ca=/a&ssl_key=/k", "ssl_verify=yes",
        "ssl_ca=/a&ssl_verify=maybe", "ssl_verify=no&ssl_cert=/c&ssl_key=/k"}) {
    EXPECT_FALSE(ParseMysqlDsn(absl::StrCat("mysql://u@h/d?", query)).ok()) << query;
  }
}

TEST(DsnTest, RefusesTlsOfRedisWithWhatToDoInstead) {
  const absl::Status status = ParseRedisDsn("rediss://:hunter2@h/0").status();
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("tunnel"), HasSubstr("README"), Not(HasSubstr("hunter2"))));
}

TEST(SecretsTest, AreTheKeysOfPasswordsAndTokens) {
  for (const char* key : {"mysql.dsn", "redis.dsn", "gateway.admin_token", "auth.tokens"})
    EXPECT_TRUE(IsSecret(key)) << key;
  for (const char* key : {"auth.tokens_file", "gateway.listen", "sync.tls_key"})
    EXPECT_FALSE(IsSecret(key)) << key;
}

TEST(DsnTest, RefusesWhatItCannotUse) {
  for (const char* url : {"", "host:3306", "http://h/d", "mysql://h", "mysql://h/", "mysql:///d",
                          "mysql://h:0/d", "mysql://h:x/d", "mysql://h/d?ssl=1",
                          "mysql://h/d?socket=relative", "mysql://a%2@h/d", "mysql://[::1/d"}) {
    EXPECT_FALSE(ParseMysqlDsn(url).ok()) << url;
  }
  for (const char* url : {"", "redis://", "redis://h/x", "redis://h/-1", "redis://h:70000", "unix://",
                          "unix:///s?x=1", "redis://h/0?db=1", "mysql://h/d"}) {
    EXPECT_FALSE(ParseRedisDsn(url).ok()) << url;
  }
}

}  // namespace
}  // namespace readcount
