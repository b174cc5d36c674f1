#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "cli/doctor/schema.h"
#include "cli/doctor/server_checks.h"
#include "cli/endpoint.h"
#include "cli/environment_files.h"
#include "cli/exit_code.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/sync_progress.h"
#include "cli/table.h"
#include "cli/utf8.h"
#include "readcount/v1/article_service.pb.h"
#include "readcount/v1/sync_service.pb.h"
#include "services/common/mysql/migration_files.h"
#include "tests/fakes/clock.h"
#include "tests/support/temp_dir.h"

namespace readcount::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(CliFormatTest, GroupsDigits) {
  EXPECT_EQ(Grouped(uint64_t{0}), "0");
  EXPECT_EQ(Grouped(uint64_t{999}), "999");
  EXPECT_EQ(Grouped(uint64_t{1000}), "1,000");
  EXPECT_EQ(Grouped(uint64_t{18446744073709551615U}), "18,446,744,073,709,551,615");
  EXPECT_EQ(Grouped(int64_t{-1234567}), "-1,234,567");
  EXPECT_EQ(Grouped(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
  EXPECT_EQ(Grouped(int64_t{-123}), "-123");
  EXPECT_EQ(Grouped(WideViews(18446744073709551615U) + 1), "18,446,744,073,709,551,616");
}

TEST(CliFormatTest, CountsOneAsOne) {
  EXPECT_EQ(Counted(uint64_t{0}, "view"), "0 views");
  EXPECT_EQ(Counted(uint64_t{1}, "dead letter"), "1 dead letter");
  EXPECT_EQ(Counted(int64_t{2000}, "view"), "2,000 views");
}

TEST(CliFormatTest, TellsSpans) {
  EXPECT_EQ(Span(absl::Milliseconds(850)), "850ms");
  EXPECT_EQ(Span(absl::Milliseconds(12300)), "12.3s");
  EXPECT_EQ(Span(absl::Seconds(245)), "4m5s");
}

TEST(CliUtf8Test, MendsForeignTextAndTakesAwayItsCommands) {
  EXPECT_EQ(MendedUtf8("a\xFF"
                       "b\xC3"),
            "a\uFFFD"
            "b\uFFFD");
  EXPECT_EQ(MendedUtf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(Plain("red \x1B[31m\ntext\xC2\x9B"), "red  [31m text ");
  EXPECT_EQ(Plain("程序"), "程序");
  EXPECT_EQ(DisplayWidth("rust程序"), 8u);
}

TEST(CliTableTest, AlignsByWhatATerminalShows) {
  Table table({{"ID", Table::Align::kRight}, {"TITLE"}, {"BY"}});
  table.Add({"1", "程序", "ann"});
  table.Add({"100", "a", "bob"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(), " ID  TITLE  BY\n  1  程序   ann\n100  a      bob\n");
}

TEST(CliJsonTest, WritesEveryFieldUnderItsName) {
  v1::SyncStatus status;
  status.set_phase(v1::SYNC_PHASE_BACKING_OFF);
  status.set_articles_total(18446744073709551615U);
  status.mutable_last_run()->mutable_duration()->set_nanos(500'000'000);
  status.mutable_last_run()->mutable_started_at()->set_seconds(1'700'000'000);
  const std::string json = MessageJson(status);
  EXPECT_THAT(
      json, StartsWith(R"({"phase":"backing_off","articles_done":0,"articles_total":18446744073709551615,)"));
  EXPECT_THAT(json,
              HasSubstr(R"("started_at":"2023-11-14T22:13:20Z","finished_at":null,"duration_seconds":0.5,)"));
  EXPECT_THAT(json, HasSubstr(R"("next_run_at":null)"));
  EXPECT_THAT(json, HasSubstr(R"("resumed":false)"));
}

TEST(CliJsonTest, OfAlternativesWritesTheOneThatIsSet) {
  v1::ArticleResult result;
  result.set_id(7);
  result.mutable_error()->set_code(5);
  result.mutable_error()->set_message("gone \"away\"");
  EXPECT_EQ(MessageJson(result), R"({"id":7,"error":{"code":5,"message":"gone \"away\""}})");
}

TEST(CliJsonTest, WritesBytesAsTextAndListsAsArrays) {
  v1::ListDeadLettersResponse page;
  page.add_dead_letters()->set_field("x\xFF");
  EXPECT_THAT(MessageJson(page), HasSubstr("\"field\":\"x\uFFFD\""));
  EXPECT_THAT(MessageJson(page), EndsWith(R"(}],"next_page_token":""})"));
  EXPECT_EQ(MessageJson(v1::ListDeadLettersResponse()), R"({"dead_letters":[],"next_page_token":""})");
}

TEST(CliExitCodeTest, TellsScriptsWhatHappened) {
  EXPECT_EQ(ToExitCode(absl::OkStatus()), 0);
  EXPECT_EQ(ToExitCode(absl::NotFoundError("")), 1);
  EXPECT_EQ(ToExitCode(absl::FailedPreconditionError("")), 1);
  EXPECT_EQ(ToExitCode(absl::InvalidArgumentError("")), 2);
  EXPECT_EQ(ToExitCode(absl::UnavailableError("")), 3);
  EXPECT_EQ(ToExitCode(absl::DeadlineExceededError("")), 3);
  EXPECT_EQ(ToExitCode(absl::UnauthenticatedError("")), 4);
  EXPECT_EQ(ToExitCode(absl::PermissionDeniedError("")), 4);
  EXPECT_EQ(ToExitCode(absl::UnknownError("")), 5);
  EXPECT_EQ(ToExitCode(absl::CancelledError("")), 130);
}

// What a command finds around it, with a service's credentials in the configuration.
class CliCredentialsTest : public ::testing::Test {
 protected:
  CliCredentialsTest() {
    for (const char* name : {"ca", "certificate", "key", "tokens"})
      std::ofstream(dir_.path(name)) << name << " text\n";
    std::ofstream(dir_.path("tokens")) << "# ours\n\n  third \nfourth\n";
  }

  void Configure(const std::string& key, const std::string& text) {
    settings_.origins[key] = {"app.yaml:1", text};
  }

  testing::TempDir dir_;
  std::istringstream in_;
  std::ostringstream out_;
  std::optional<std::string> variable_;
  Context context_{.environment = [this](const std::string&) { return variable_; },
                   .in = {in_},
                   .out = {out_},
                   .err = {out_},
                   .clock = SystemClock()};
  Settings settings_;
};

TEST_F(CliCredentialsTest, TakeTheTokenThatIsNamedMostExpressly) {
  EXPECT_EQ(*ReadToken(context_, settings_), "");
  Configure("auth.tokens_file", dir_.path("tokens"));
  EXPECT_EQ(*ReadToken(context_, settings_), "third");
  Configure("auth.tokens", "first, second");
  EXPECT_EQ(*ReadToken(context_, settings_), "first");
  variable_ = "given\n";
  EXPECT_EQ(*ReadToken(context_, settings_), "given");
  context_.token_file = dir_.path("tokens");
  EXPECT_EQ(*ReadToken(context_, settings_), "third");
  std::ofstream(dir_.path("empty")) << "# none\n";
  context_.token_file = dir_.path("empty");
  EXPECT_THAT(std::string(ReadToken(context_, settings_).status().message()), HasSubstr("holds no token"));
  context_.token_file = dir_.path("key");
  EXPECT_EQ(
      ReadToken(context_, settings_).status().message(),
      "--token-file: the token holds a space or another character that no token has: put it there alone");
}

TEST_F(CliCredentialsTest, SpeakTlsAsTheGatewayDoesUnlessOptionsSayOtherwise) {
  EXPECT_FALSE(ReadTlsCredentials(context_, settings_)->tls);
  Configure("gateway.services_ca", dir_.path("ca"));
  const absl::StatusOr<Credentials> configured = ReadTlsCredentials(context_, settings_);
  ASSERT_TRUE(configured.ok()) << configured.status();
  EXPECT_TRUE(configured->tls);
  EXPECT_EQ(configured->ca, "ca text\n");
  context_.tls_ca = dir_.path("certificate");
  EXPECT_EQ(ReadTlsCredentials(context_, settings_)->ca, "certificate text\n");
  context_.tls_cert = dir_.path("certificate");
  EXPECT_TRUE(absl::IsInvalidArgument(ReadTlsCredentials(context_, settings_).status()));
  context_.tls_key = dir_.path("key");
  EXPECT_EQ(ReadTlsCredentials(context_, settings_)->key, "key text\n");
  context_.tls_ca = "";
  Configure("gateway.services_ca", "/nowhere");
  EXPECT_EQ(ReadTlsCredentials(context_, settings_).status().message(),
            "app.yaml:1: gateway.services_ca: /nowhere cannot be read: No such file or directory");
}

// What the package's services read from systemd, the command reads itself.
class CliPackageTest : public CliCredentialsTest {
 protected:
  CliPackageTest() {
    context_.package_folder = dir_.path();
    context_.config = dir_.path("app.yaml");
    context_.environment = [this](const std::string& name) {
      return name == "READCOUNT_REDIS_DSN" ? variable_ : std::nullopt;
    };
    std::ofstream(dir_.path("app.yaml")) << "sync:\n  interval: 7s\n";
    std::ofstream(dir_.path("servers.env"))
        << "# ours\n"
           "READCOUNT_REDIS_DSN=redis://:pw@10.0.0.1:6379/0\n"
           "READCOUNT_MYSQL_DSN=\"mysql://u:p@10.0.0.2:3306/article_sys\"\n"
           "LD_PRELOAD=evil.so\n";
    std::ofstream(dir_.path("gateway.env")) << "READCOUNT_AUTH_TOKENS=right-token-0123456789\n";
  }
};

TEST_F(CliPackageTest, TheFilesOfVariablesAreReadAndTheEnvironmentWins) {
  variable_ = "redis://10.0.0.3:6379/0";
  const absl::StatusOr<Settings> settings = ReadSettings(context_);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->mysql.dsn_text, "mysql://u:p@10.0.0.2:3306/article_sys");
  EXPECT_EQ(settings->redis.dsn.host, "10.0.0.3");
  EXPECT_EQ(*ReadToken(context_, *settings), "right-token-0123456789");
  const Environment all = WithFiles(context_.environment, {dir_.path("servers.env")});
  EXPECT_FALSE(all("LD_PRELOAD").has_value());
}

TEST_F(CliPackageTest, TheFilesOfVariablesAreReadAsSystemdReadsThem) {
  std::ofstream(dir_.path("servers.env")) << R"(READCOUNT_A=first
# a comment \
READCOUNT_B=of the comment
READCOUNT_C=a\
  b
READCOUNT_D='x y' "z\"q\n\\" plain "q"
 READCOUNT_E = \ e\ ;
READCOUNT_F="two
lines\
joined"
no assignment
; READCOUNT_G=of a comment
READCOUNT_H=
READCOUNT_I='a\
b'
READCOUNT_A=last
READCOUNT_J=q\\w\tx#)";
  const Environment all = WithFiles([](const std::string&) { return std::nullopt; },
                                    {dir_.path("servers.env"), dir_.path("gateway.env")});
  EXPECT_EQ(all("READCOUNT_A"), "last");
  EXPECT_EQ(all("READCOUNT_B"), std::nullopt);
  EXPECT_EQ(all("READCOUNT_C"), "a  b");
  EXPECT_EQ(all("READCOUNT_D"), "x yz\"q\\n\\plain \"q\"");
  EXPECT_EQ(all("READCOUNT_E"), " e ;");
  EXPECT_EQ(all("READCOUNT_F"), "two\nlinesjoined");
  EXPECT_EQ(all("READCOUNT_G"), std::nullopt);
  EXPECT_EQ(all("READCOUNT_H"), "");
  EXPECT_EQ(all("READCOUNT_I"), "a\\\nb");
  EXPECT_EQ(all("READCOUNT_J"), "q\\wtx#");
  EXPECT_EQ(all("READCOUNT_AUTH_TOKENS"), "right-token-0123456789");
}

TEST_F(CliPackageTest, ADirectoryInAFilesPlaceHoldsNoVariables) {
  const Environment all = WithFiles(context_.environment, {dir_.path(""), dir_.path("gateway.env")});
  EXPECT_EQ(all("READCOUNT_AUTH_TOKENS"), "right-token-0123456789");
}

TEST_F(CliPackageTest, AnotherConfigurationIsNotMixedWithThem) {
  std::ofstream(dir_.path("own.yaml")) << "sync:\n  interval: 7s\n";
  context_.config = dir_.path("own.yaml");
  const absl::StatusOr<Settings> settings = ReadSettings(context_);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->mysql.dsn_text, "");
}

TEST_F(CliPackageTest, WhoMayNotReadThemIsToldWhoMay) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  chmod(dir_.path().c_str(), 0755);
  chmod(dir_.path("app.yaml").c_str(), 0640);
  chmod(dir_.path("servers.env").c_str(), 0600);
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(setegid(kNobody), 0);
  ASSERT_EQ(seteuid(kNobody), 0);
  const absl::Status refused = ReadSettings(context_).status();
  const bool secret = IsKeptSecret(dir_.path("servers.env")), absent = IsKeptSecret(dir_.path("none.env"));
  ASSERT_EQ(seteuid(0), 0);
  ASSERT_EQ(setegid(0), 0);
  EXPECT_EQ(refused.message(),
            dir_.path("app.yaml") + ": cannot be read: Permission denied: " + kRunAsReader);
  EXPECT_TRUE(secret);
  EXPECT_FALSE(absent);
}

v1::SyncStatus Applying(uint64_t done, uint64_t total) {
  v1::SyncStatus status;
  status.set_phase(v1::SYNC_PHASE_APPLYING);
  status.set_epoch(3);
  status.set_articles_done(done);
  status.set_articles_total(total);
  status.set_views_done(static_cast<int64_t>(2 * done));
  return status;
}

TEST(CliSyncProgressTest, DrawsABarWithTheRateSinceTheBatchBegan) {
  FakeClock clock;
  SyncProgress progress(clock);
  progress.Take(Applying(0, 200000));
  EXPECT_EQ(progress.Bar(80), "applying [----------]   0 %  0/200,000 articles  0 views");
  clock.Advance(absl::Seconds(2));
  progress.Take(Applying(50000, 200000));
  EXPECT_EQ(progress.Bar(80),
            "applying [##--------]  25 %  50,000/200,000 articles (25,000/s)  100,000 views");
  EXPECT_THAT(progress.Bar(100), StartsWith("applying [#####---------------]  25 %"));
  EXPECT_EQ(progress.Line(), "applying  25 %  50,000/200,000 articles (25,000/s)  100,000 views");
}

TEST(CliSyncProgressTest, CountsTheRateAnewForEachBatch) {
  FakeClock clock;
  SyncProgress progress(clock);
  progress.Take(Applying(1000, 2000));
  clock.Advance(absl::Seconds(1));
  progress.Take(Applying(0, 500));
  EXPECT_THAT(progress.Line(), EndsWith("0/500 articles  0 views"));
}

TEST(CliSyncProgressTest, SaysWhatIsPendingWhenIdle) {
  FakeClock clock;
  SyncProgress progress(clock);
  v1::SyncStatus status;
  status.set_phase(v1::SYNC_PHASE_IDLE);
  status.set_pending_articles(1234);
  status.set_lag_seconds(3.25);
  progress.Take(status);
  EXPECT_FALSE(progress.under_way());
  EXPECT_EQ(progress.Bar(80), "idle  1,234 articles pending  lag 3.2s");
}

TEST(CliSchemaTest, ReadsTablesAndColumnsOutOfSql) {
  const Schema schema = ParseSchema(
      "CREATE TABLE IF NOT EXISTS `a` (\n   `id` bigint COMMENT 'of `x`',\n   KEY `idx` (`id`)\n) "
      "ENGINE=InnoDB;\n"
      "ALTER TABLE `a`\n  ADD COLUMN IF NOT EXISTS `more` int;\n");
  ASSERT_EQ(schema.size(), 1u);
  EXPECT_THAT(schema.at("a"), ElementsAre("id", "more"));
}

TEST(CliSchemaTest, KnowsTheFilesOfSql) {
  std::string sql;
  for (const mysql::MigrationText& file : mysql::BuiltInMigrationTexts()) sql += file.text + "\n";
  const Schema schema = ParseSchema(sql);
  EXPECT_EQ(schema.at("articles").size(), 8u);
  EXPECT_TRUE(schema.at("read_count_dead_letters").contains("field_hash"));
}

TEST(CliDoctorTest, ComparesClocksLessTheTimeThatAskingTook) {
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  Diagnoses found;
  JudgeClock("c", "Redis", now + absl::Seconds(1), now, now + absl::Seconds(5), found);
  JudgeClock("c", "Redis", now - absl::Seconds(90), now, now, found);
  JudgeClock("c", "Redis", now + absl::Seconds(95), now, now + absl::Seconds(5), found);
  ASSERT_EQ(found.all().size(), 3u);
  EXPECT_EQ(found.all()[0].verdict, Verdict::kOk);
  EXPECT_EQ(found.all()[1].seen, "the clock of Redis is 1m30s behind this machine's");
  EXPECT_EQ(found.all()[2].seen, "the clock of Redis is 1m30s ahead of this machine's");
}

}  // namespace
}  // namespace readcount::cli
