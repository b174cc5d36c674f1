#include "tests/cli/terminal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <regex>
#include <set>

namespace readcount::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr char kLive[] = "article_sys:read_count:hash";
constexpr uint64_t kPending = 200'000;

// One view of each article that somebody else put into the hash.
void MakeAllPending() {
  std::vector<std::pair<std::string, std::string>> fields;
  for (uint64_t id = 1; id <= kPending; ++id) fields.emplace_back(std::to_string(id), "1");
  SharedRedis().SetFields(kLive, fields);
}

// The lengths of the bars that were drawn, in their order.
std::vector<size_t> BarsIn(const std::string& screen) {
  static const std::regex bar(R"(\[(#*)-*\] +\d+ %)");
  std::vector<size_t> bars;
  for (std::sregex_iterator it(screen.begin(), screen.end(), bar), end; it != end; ++it)
    bars.push_back(static_cast<size_t>((*it)[1].length()));
  return bars;
}

TEST(CliTerminalTest, SyncRunDrawsABarThatMoves) {
  Stack stack(kPending);
  MakeAllPending();
  TerminalTool tool({"sync", "run"}, AddressesOf(stack));
  EXPECT_EQ(tool.Wait(), 0) << tool.screen();
  const std::vector<size_t> bars = BarsIn(tool.screen());
  const std::set<size_t> positions(bars.begin(), bars.end());
  EXPECT_GE(positions.size(), 4u) << tool.screen();
  EXPECT_TRUE(std::is_sorted(bars.begin(), bars.end())) << tool.screen();
  EXPECT_THAT(tool.screen(), HasSubstr("\r\x1b[K"));
  EXPECT_THAT(tool.screen(), HasSubstr("/200,000 articles"));
  EXPECT_THAT(tool.screen(), HasSubstr("succeeded: 200,000 articles, 200,000 views in "));
  EXPECT_EQ(Stack::ViewsInMysql(), kPending);
}

TEST(CliTerminalTest, WithoutATerminalSyncRunWritesPlainLinesBesideItsResult) {
  Stack stack(kPending);
  MakeAllPending();
  const ToolResult run = RunTool({"sync", "run"}, AddressesOf(stack));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("\r")));
  EXPECT_THAT(run.err, Not(HasSubstr("\x1b")));
  EXPECT_THAT(run.err, HasSubstr("/200,000 articles"));
  EXPECT_THAT(run.out, MatchesRegex("run 1 succeeded: 200,000 articles, 200,000 views in .*\n"));
}

TEST(CliTerminalTest, CtrlCLeavesTheRunToTheService) {
  Stack stack(kPending);
  MakeAllPending();
  TerminalTool tool({"sync", "run"}, AddressesOf(stack));
  tool.AwaitScreen("applying [");
  tool.Type("\x03");
  EXPECT_EQ(tool.Wait(), -SIGINT);
  EXPECT_THAT(tool.screen(), HasSubstr("interrupted: the sync service finishes the run all the same"));
  stack.RunSync();
  EXPECT_EQ(Stack::ViewsInMysql(), kPending);
}

TEST(CliTerminalTest, WatchEndsByCtrlCAsEveryCommandDoes) {
  Stack stack(2);
  TerminalTool tool({"sync", "watch"}, AddressesOf(stack));
  tool.AwaitScreen("idle");
  tool.Type("\x03");
  EXPECT_EQ(tool.Wait(), -SIGINT) << tool.screen();
}

TEST(CliTerminalTest, LoadShowsALiveLineAndEndsWithItsSummaryByCtrlC) {
  Stack stack(2);
  TerminalTool tool({"load", "--ids", "2", "--rate", "200", "--duration", "10m", "--books"},
                    AddressesOf(stack));
  tool.AwaitScreen(" acknowledged  0 refused  0 unknown");
  tool.Type("\x03");
  EXPECT_EQ(tool.Wait(), -SIGINT) << tool.screen();
  EXPECT_THAT(tool.screen(), HasSubstr("\r"));
  EXPECT_THAT(tool.screen(), HasSubstr("p99.9"));
}

}  // namespace
}  // namespace readcount::testing
