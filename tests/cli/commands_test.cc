#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "tests/cli/readcount.h"
#include "tests/support/await.h"
#include "tests/support/certificates.h"
#include "tests/support/child_process.h"

namespace readcount::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kLive[] = "article_sys:read_count:hash";

TEST(CliArticlesTest, ViewCountsAndGetDoesNot) {
  Stack stack(3);
  const Variables at = AddressesOf(stack);
  EXPECT_EQ(RunTool({"view", "1", "2", "--json"}, at).status, 0);
  const ToolResult second = RunTool({"view", "1"}, at);
  EXPECT_EQ(second.status, 0);
  EXPECT_THAT(second.out,
              StartsWith("ID  VIEWS  CREATED               AUTHOR  TITLE\n 1      2  2024-12-08T10:10:01Z"));
  for (int i = 0; i < 2; ++i) {
    const ToolResult got = RunTool({"get", "1", "2", "--json"}, at);
    EXPECT_EQ(got.status, 0);
    EXPECT_THAT(got.out,
                HasSubstr(R"({"id":1,"article":{"id":1,"title":"title 1","read_count":2,"content":"text",)"));
    EXPECT_THAT(got.out, HasSubstr(R"({"id":2,"article":{"id":2,"title":"title 2","read_count":1,)"));
    EXPECT_THAT(got.err, IsEmpty());
  }
}

TEST(CliArticlesTest, WhatIsNotThereFailsAndTheOthersAreShown) {
  Stack stack(3);
  const ToolResult got = RunTool({"get", "9", "1"}, AddressesOf(stack));
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.out, HasSubstr("title 1"));
  EXPECT_THAT(got.err, HasSubstr("readcount: article 9: "));
  const ToolResult viewed = RunTool({"view", "9", "1", "--json"}, AddressesOf(stack));
  EXPECT_EQ(viewed.status, 1);
  EXPECT_THAT(viewed.out, HasSubstr(R"({"id":9,"error":{"code":5,)"));
  EXPECT_THAT(viewed.out, HasSubstr(R"({"id":1,"article":{)"));
  EXPECT_EQ(RunTool({"view", "0"}, AddressesOf(stack)).status, 2);
}

TEST(CliArticlesTest, ListsPageByPageOrAll) {
  Stack stack(45);
  const Variables at = AddressesOf(stack);
  const ToolResult page = RunTool({"list", "--page-size", "2"}, at);
  EXPECT_EQ(page.status, 0);
  EXPECT_THAT(page.out, HasSubstr("title 45\n44      0"));
  EXPECT_THAT(page.out, Not(HasSubstr("title 43")));
  ASSERT_THAT(page.err, HasSubstr("--page-token "));
  const size_t begin = page.err.find("--page-token ") + 13;
  const std::string token = page.err.substr(begin, page.err.find(',', begin) - begin);
  EXPECT_THAT(RunTool({"list", "--page-size", "2", "--page-token", token}, at).out, HasSubstr("title 43"));
  const ToolResult all = RunTool({"list", "--all", "--author", "ann", "--json"}, at);
  EXPECT_EQ(all.status, 0);
  size_t articles = 0;
  for (size_t place = 0; (place = all.out.find("\"title\":", place)) != std::string::npos; ++place)
    ++articles;
  EXPECT_EQ(articles, 23u);  // the odd ones of 45
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 2);
}

TEST(CliArticlesTest, AViewWhoseAnswerIsLateIsNotKnown) {
  Stack stack(3);
  stack.article_service->Signal(SIGSTOP);
  const ToolResult late = RunTool({"view", "1", "--timeout", "300ms"}, AddressesOf(stack));
  EXPECT_EQ(late.status, 5);
  EXPECT_THAT(late.err, HasSubstr("the view may have been counted, once"));
  stack.article_service->Signal(SIGCONT);
}

TEST(CliDeadLettersTest, AreListedRetriedAndDroppedAtTheService) {
  Stack stack(3);
  const Variables at = AddressesOf(stack);
  SharedRedis().SetFields(kLive, {{"nonsense", "5"}, {"9", "2"}});
  EXPECT_EQ(RunTool({"sync", "run"}, at).status, 0);
  const ToolResult listed = RunTool({"dead-letters", "list"}, at);
  EXPECT_EQ(listed.status, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("not an article id  nonsense"));
  EXPECT_THAT(listed.out, HasSubstr("no such article"));
  SharedMariadb().Query("UPDATE read_count_dead_letters SET field = '3' WHERE field = '9'");
  const ToolResult retried = RunTool({"dead-letters", "retry", "--all"}, at);
  EXPECT_EQ(retried.status, 1);
  EXPECT_EQ(retried.out, "1 letter added to articles, with 2 views\n");
  EXPECT_THAT(retried.err, HasSubstr("1 letter could not be added and must stay"));
  EXPECT_EQ(Stack::ViewsInMysql(), 2u);
  const ToolResult dropped = RunTool({"dead-letters", "drop", "--all", "--yes"}, at);
  EXPECT_EQ(dropped.status, 0) << dropped.err;
  EXPECT_THAT(dropped.out, StartsWith("1 letter given up"));
  EXPECT_THAT(RunTool({"dead-letters", "retry", "1"}, at).err, HasSubstr("there is no dead letter 1: "));
  EXPECT_THAT(RunTool({"dead-letters", "list", "--json"}, at).out, HasSubstr(R"("dead_letters":[])"));
  EXPECT_EQ(RunTool({"audit"}, at).status, 0);
}

TEST(CliCredentialsTest, OpenTheServiceOverTls) {
  ResetServers(2);
  const TempDir dir;
  const CertificateAuthority authority;
  ReplaceFile(dir.path("ca.pem"), authority.certificate());
  authority.Issue().Write(dir.path("server"));
  ReplaceFile(dir.path("tokens"), "# the new one is below\nright-token-0123456789\nother-token-0123456789\n");
  Variables variables = Stack::ServerVariables();
  variables["READCOUNT_AUTH_TOKENS_FILE"] = dir.path("tokens");
  variables["READCOUNT_SYNC_TLS_CERTIFICATE"] = dir.path("server.pem");
  variables["READCOUNT_SYNC_TLS_KEY"] = dir.path("server.key");
  const ProgramProcess service("sync-service", variables);
  const Variables at = {{"READCOUNT_GATEWAY_SYNC_SERVICE", service.address()}};
  EXPECT_EQ(RunTool({"sync", "run", "--tls-ca", dir.path("ca.pem")}, at).status, 4);
  const ToolResult run =
      RunTool({"sync", "run", "--tls-ca", dir.path("ca.pem"), "--token-file", dir.path("tokens")}, at);
  EXPECT_EQ(run.status, 0) << run.err;
}

TEST(CliSyncTest, RunsAndTellsHowItWent) {
  Stack stack(3);
  const Variables at = AddressesOf(stack);
  RunTool({"view", "1", "1", "2"}, at);
  const ToolResult run = RunTool({"sync", "run", "--requested-by", "night job"}, at);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, MatchesRegex("(.*\n)*run 1 succeeded: 2 articles, 3 views in [0-9.]+m?s\n"));
  EXPECT_EQ(Stack::ViewsInMysql(), 3u);
  const ToolResult again = RunTool({"sync", "run", "--json"}, at);
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.out, HasSubstr(R"("outcome":"succeeded","articles":0,"views":0,)"));
  const ToolResult runs = RunTool({"sync", "runs"}, at);
  EXPECT_THAT(runs.out, StartsWith("RUN  STARTED"));
  EXPECT_THAT(runs.out, HasSubstr("night job"));
  EXPECT_THAT(RunTool({"sync", "runs", "--json"}, at).out, HasSubstr(R"("requested_by":"night job"})"));
}

TEST(CliSyncTest, ShowsTheStatus) {
  Stack stack(3);
  ToolResult status;
  // The service looks at its servers after it has begun to serve.
  EXPECT_TRUE(Await([&] {
    status = RunTool({"sync", "status"}, AddressesOf(stack));
    return status.out.find("views survive Redis' death") != std::string::npos;
  })) << status.out;
  EXPECT_EQ(status.status, 0) << status.err;
  EXPECT_THAT(status.out, StartsWith("phase"));
  EXPECT_THAT(RunTool({"--json", "sync", "status"}, AddressesOf(stack)).out,
              StartsWith(R"({"phase":"idle",)"));
}

TEST(CliSyncTest, WatchesUntilItIsInterrupted) {
  Stack stack(3);
  const Variables at = AddressesOf(stack);
  RunningTool watch({"sync", "watch"}, at), json({"sync", "watch", "--json"}, at);
  watch.AwaitOut("idle");
  json.AwaitOut("\"phase\":\"idle\"");
  RunTool({"view", "1"}, at);
  RunTool({"sync", "run"}, at);
  watch.AwaitOut("run 1 succeeded: 1 article, 1 view in ");
  json.AwaitOut("\"last_run\":{\"id\":1,");
  watch.Signal(SIGINT);
  json.Signal(SIGTERM);
  const ToolResult watched = watch.Wait();
  EXPECT_EQ(watched.status, -SIGINT);
  EXPECT_THAT(watched.err, IsEmpty());
  const ToolResult lines = json.Wait();
  EXPECT_EQ(lines.status, -SIGTERM);
  EXPECT_EQ(lines.out.back(), '\n');
}

TEST(CliAuditTest, ShowsTheBooksAndWhetherTheyBalance) {
  Stack stack(3);
  const Variables at = AddressesOf(stack);
  RunTool({"view", "1", "1", "2"}, at);
  SharedRedis().Command({"HINCRBY", kLive, "3", "4"});
  const ToolResult books = RunTool({"audit"}, at);
  EXPECT_EQ(books.status, 0) << books.err;
  EXPECT_THAT(books.out, HasSubstr("the books balance"));
  const ToolResult json = RunTool({"audit", "--json"}, at);
  EXPECT_THAT(json.out,
              StartsWith(R"({"recorded":3,"added_by_others":4,"taken_by_others":0,"applied":0,"sealed":0,)"
                         R"("live":7,"dead_lettered":0,"difference":0,"dead_letters":0,"read_at":")"));
}

TEST(CliAuditTest, FailsWhenViewsAreMissing) {
  Stack stack(3);
  const Variables at = AddressesOf(stack);
  RunTool({"view", "1", "1", "2"}, at);
  RunTool({"sync", "run"}, at);
  SharedMariadb().Query("UPDATE read_count_positions SET applied = applied - 2");
  const ToolResult books = RunTool({"audit"}, at);
  EXPECT_EQ(books.status, 1);
  EXPECT_THAT(books.err, HasSubstr("the books do not balance: missing: 2 views"));
  EXPECT_THAT(books.out, HasSubstr("difference"));
}

TEST(CliUsageTest, TellsWhatIsWrongWithTheCommandLineAndTheConfiguration) {
  EXPECT_EQ(RunTool({"view"}).status, 2);
  EXPECT_EQ(RunTool({"view", "one"}).status, 2);
  EXPECT_EQ(RunTool({"view", "-18446744073709551614"}).status, 2);
  EXPECT_EQ(RunTool({"get", "010"}).status, 2);
  EXPECT_EQ(RunTool({"dead-letters", "retry", "18446744073709551616"}).status, 2);
  EXPECT_EQ(RunTool({"load", "--rate", "-1"}).status, 2);
  EXPECT_EQ(RunTool({"list", "--page-size", "101"}).status, 2);
  EXPECT_EQ(RunTool({"audit", "--timeout", "soon"}).status, 2);
  const ToolResult missing = RunTool({"audit", "--config", "/nowhere.yaml"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, HasSubstr("/nowhere.yaml: cannot be read"));
  TempDir dir;
  std::ofstream(dir.path("app.yaml")) << "sync:\n  intervall: 1s\n";
  const ToolResult wrong = RunTool({"audit", "--config", dir.path("app.yaml")});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("app.yaml:2: sync.intervall: is not a known key"));
}

TEST(CliUsageTest, NamesTheCommandsWhereOneIsUnknownOrMissing) {
  const std::string all = ": the commands are view, get, list, sync, audit, dead-letters, ";
  const std::map<std::vector<std::string>, std::string> complaints = {
      {{"vew", "1"}, "readcount: unknown command 'vew'" + all},
      {{"help"}, "readcount: unknown command 'help'" + all},
      {{"--jsn", "--timeout", "1s"}, "readcount: unknown option '--jsn'" + all},
      {{}, "readcount: a command is missing" + all},
      {{"sync", "rn"}, "readcount sync: unknown command 'rn': the commands are run, status, watch, runs\n"},
      {{"sync", "--json"},
       "readcount sync: a command is missing: the commands are run, status, watch, runs\n"},
      {{"sync", "view", "1"}, "readcount sync: unknown command 'view': the commands are run, "},
      {{"dead-letters", "show"},
       "readcount dead-letters: unknown command 'show': the commands are list, retry, drop\nRun `readcount "
       "dead-letters --help` for more information.\n"}};
  for (const auto& [words, complaint] : complaints) {
    const ToolResult result = RunTool(words);
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, StartsWith(complaint));
    EXPECT_THAT(result.out, IsEmpty());
  }
  EXPECT_THAT(RunTool({"view"}).err, HasSubstr("ID is required"));
}

TEST(CliUsageTest, AURLIsNoAddressAndHttpsIsNotOffered) {
  for (const std::string option : {"--gateway", "--article-service", "--sync-service"}) {
    const ToolResult result = RunTool({"doctor", option, "http://localhost:8080"});
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, HasSubstr(option + ": 'http://localhost:8080' is a URL: give host:port alone"));
  }
  const ToolResult load = RunTool({"load", "--http", "https://localhost:8080"});
  EXPECT_EQ(load.status, 2);
  EXPECT_THAT(load.err, HasSubstr("load over HTTPS is not offered"));
}

TEST(CliUsageTest, HelpAndVersionGoToStandardOutput) {
  const ToolResult help = RunTool({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out, HasSubstr("dead-letters"));
  EXPECT_THAT(help.out, HasSubstr("130  interrupted"));
  EXPECT_THAT(help.out, HasSubstr("143  ended by SIGTERM"));
  EXPECT_THAT(help.out, HasSubstr("for a list is a page"));
  EXPECT_THAT(help.err, IsEmpty());
  EXPECT_THAT(RunTool({"sync", "run", "--help"}).out, HasSubstr("--requested-by"));
  EXPECT_THAT(RunTool({"--version"}).out, StartsWith("readcount "));
}

TEST(CliUsageTest, AServiceThatIsAwayIsNamedWithWhatToDo) {
  const ToolResult away = RunTool({"audit", "--sync-service", "127.0.0.1:1"});
  EXPECT_EQ(away.status, 3);
  EXPECT_THAT(away.out, IsEmpty());
  EXPECT_THAT(away.err, HasSubstr("the sync service at 127.0.0.1:1: "));
  EXPECT_THAT(away.err, HasSubstr("check that it runs, or name its address by --sync-service"));
}

TEST(CliUsageTest, OutputThatIsLostIsAFailure) {
  const std::string run = "\"$0\" --version >/dev/full 2>err";
  TempDir dir;
  ChildProcess process({"sh", "-c", "cd " + dir.path() + " && " + run, READCOUNT_BIN_DIR "/readcount"},
                       dir.path("log"));
  EXPECT_EQ(process.Wait(), 1);
  EXPECT_THAT(ReadFile(dir.path("err")), HasSubstr("standard output could not be written"));
}

TEST(CliUsageTest, TakesAddressesFromTheConfiguration) {
  Stack stack(2);
  TempDir dir;
  std::ofstream(dir.path("app.yaml"))
      << "gateway:\n  article_service: " << stack.article_service->address() << "\n";
  EXPECT_EQ(RunTool({"get", "1", "--config", dir.path("app.yaml")}).status, 0);
  // An option wins.
  EXPECT_EQ(
      RunTool({"get", "1", "--config", dir.path("app.yaml"), "--article-service", "127.0.0.1:1"}).status, 3);
}

}  // namespace
}  // namespace readcount::testing
