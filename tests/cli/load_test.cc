#include "cli/load/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <csignal>

#include "tests/cli/readcount.h"
#include "tests/fakes/clock.h"
#include "tests/support/await.h"

namespace readcount::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// The number behind `"key":` in the last line of JSON.
double Last(const std::string& json, const std::string& key) {
  const size_t place = json.rfind("\"" + key + "\":");
  if (place == std::string::npos) return -1;
  return std::strtod(json.c_str() + place + key.size() + 3, nullptr);
}

// Runs `load` against a fresh stack and holds it against the books.
void ExpectToAgreeWithTheBooks(Stack& stack, std::vector<std::string> arguments) {
  const int64_t before = stack.Audit().recorded();
  arguments.insert(arguments.end(),
                   {"--json", "--ids", "1000", "--zipf", "0.99", "--duration", "1500ms", "--books"});
  const ToolResult load = RunTool(arguments, AddressesOf(stack));
  EXPECT_EQ(load.status, 0) << load.err;
  const double acknowledged = Last(load.out, "acknowledged");
  EXPECT_GT(acknowledged, 0);
  EXPECT_EQ(stack.Audit().recorded() - before, static_cast<int64_t>(acknowledged)) << load.out;
  EXPECT_EQ(Last(load.out, "books_recorded"), acknowledged);
  EXPECT_EQ(Last(load.out, "unknown"), 0);
  EXPECT_GT(Last(load.out, "p50_ms"), 0);
  EXPECT_GE(Last(load.out, "p999_ms"), Last(load.out, "p50_ms"));
  EXPECT_THAT(load.out, StartsWith(R"({"final":false,)"));
  EXPECT_THAT(load.out, HasSubstr("\n{\"final\":true,"));
}

TEST(CliLoadTest, StreamsAgreeWithTheBooksToTheView) {
  Stack stack(1000);
  ExpectToAgreeWithTheBooks(stack, {"load", "--connections", "3"});
}

TEST(CliLoadTest, CallsAgreeWithTheBooksToTheView) {
  Stack stack(1000);
  ExpectToAgreeWithTheBooks(stack, {"load", "--unary", "--connections", "3"});
}

TEST(CliLoadTest, RequestsToTheGatewayAgreeWithTheBooksToTheView) {
  Stack stack(1000);
  ExpectToAgreeWithTheBooks(stack,
                            {"load", "--http", "http://" + stack.gateway->address(), "--connections", "3"});
}

TEST(CliLoadTest, KeepsToItsRate) {
  Stack stack(100);
  const ToolResult load =
      RunTool({"load", "--rate", "500", "--ids", "100", "--duration", "2s", "--connections", "3", "--json"},
              AddressesOf(stack));
  EXPECT_EQ(load.status, 0) << load.err;
  EXPECT_NEAR(Last(load.out, "acknowledged"), 1000, 50);
}

TEST(CliLoadTest, ArticlesThatAreGoneAreRefusedAndAFailure) {
  Stack stack(1);
  const std::vector<std::string> over_http = {"--http", "http://" + stack.gateway->address()};
  for (const auto& way : {std::vector<std::string>(), {"--unary"}, over_http}) {
    std::vector<std::string> arguments = {"load",       "--rate", "200",    "--ids",  "2",
                                          "--duration", "1s",     "--json", "--books"};
    arguments.insert(arguments.end(), way.begin(), way.end());
    const ToolResult load = RunTool(arguments, AddressesOf(stack));
    EXPECT_EQ(load.status, 1);
    EXPECT_THAT(load.err, HasSubstr("let --ids be the number of articles from 1 on"));
    EXPECT_GT(Last(load.out, "acknowledged"), 0);
    EXPECT_GT(Last(load.out, "refused"), 0);
    EXPECT_EQ(Last(load.out, "acknowledged"), Last(load.out, "books_recorded"));
  }
}

TEST(CliLoadTest, ASecondViewerIsFoundInTheBooks) {
  Stack stack(2);
  RunningTool load({"load", "--rate", "50", "--ids", "2", "--duration", "10m", "--books"},
                   AddressesOf(stack));
  load.AwaitErr("acknowledged");
  EXPECT_EQ(RunTool({"view", "1"}, AddressesOf(stack)).status, 0);
  load.Signal(SIGTERM);
  const ToolResult ended = load.Wait();
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, HasSubstr("did somebody else view articles too"));
}

TEST(CliLoadTest, ViewsWhoseAnswerIsLostAreUnknown) {
  Stack stack(2);
  RunningTool load({"load", "--ids", "2", "--duration", "10m", "--json"}, AddressesOf(stack));
  load.AwaitOut("\"acknowledged\":");
  stack.article_service->Kill();
  load.AwaitOut("\"error\":\"the article service at ");
  load.Signal(SIGINT);
  const ToolResult ended = load.Wait();
  EXPECT_EQ(ended.status, -SIGINT) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("{\"final\":true,"));
  EXPECT_GT(Last(ended.out, "unknown") + Last(ended.out, "refused"), 0);
  stack.RunSync();
  EXPECT_GE(static_cast<double>(Stack::ViewsInMysql()), Last(ended.out, "acknowledged"));
  EXPECT_LE(static_cast<double>(Stack::ViewsInMysql()),
            Last(ended.out, "acknowledged") + Last(ended.out, "unknown"));
}

TEST(CliLoadTest, AServiceThatIsAwayIsAnError) {
  const ToolResult load =
      RunTool({"load", "--duration", "300ms", "--article-service", "127.0.0.1:1", "--json"});
  EXPECT_EQ(load.status, 3);
  EXPECT_EQ(Last(load.out, "unknown"), 0);
  EXPECT_GT(Last(load.out, "refused"), 0);
}

TEST(CliLoadTest, ViewsThatTheGatewaySaysWereNotCountedAreRefused) {
  Stack stack(2);
  stack.article_service->Kill();
  const ToolResult load = RunTool(
      {"load", "--http", "http://" + stack.gateway->address(), "--ids", "2", "--duration", "300ms", "--json"},
      AddressesOf(stack));
  EXPECT_EQ(load.status, 1) << load.err;
  EXPECT_GT(Last(load.out, "refused"), 0);
  EXPECT_EQ(Last(load.out, "unknown"), 0) << load.out;
}

TEST(CliLoadTest, AServiceThatStopsLeavesAtMostTheMessageUnderWayUnknown) {
  Stack stack(2);
  RunningTool load({"load", "--ids", "2", "--duration", "10m", "--json"}, AddressesOf(stack));
  load.AwaitOut("\"acknowledged\":");
  EXPECT_EQ(stack.article_service->Stop(), 0);
  load.AwaitOut("\"error\":\"the article service at ");
  load.Signal(SIGINT);
  const ToolResult ended = load.Wait();
  EXPECT_GT(Last(ended.out, "refused"), 0);
  const double acknowledged = Last(ended.out, "acknowledged"), unknown = Last(ended.out, "unknown");
  // Its connection may be gone before the client has read that it recorded nothing.
  EXPECT_LE(unknown, 100) << ended.out;
  EXPECT_GE(static_cast<double>(stack.Audit().recorded()), acknowledged);
  EXPECT_LE(static_cast<double>(stack.Audit().recorded()), acknowledged + unknown);
}

TEST(CliLoadTest, GoesOnAfterAServiceIsBack) {
  Stack stack(2);
  RunningTool load({"load", "--ids", "2", "--duration", "10m", "--json"}, AddressesOf(stack));
  load.AwaitOut("\"acknowledged\":");
  stack.article_service->Kill();
  load.AwaitOut("\"error\":\"the article service at ");
  stack.article_service->Restart();
  const double before = Last(load.out(), "acknowledged");
  EXPECT_TRUE(Await([&] { return Last(load.out(), "acknowledged") > before; }));
  load.Signal(SIGINT);
  load.Wait();
}

// Answers after 10 ms of the fake clock.
class SlowSender final : public cli::ViewSender {
 public:
  explicit SlowSender(FakeClock& clock) : clock_(clock) {}
  size_t most_ids() const override { return 1000; }
  cli::Outcomes Send(const std::vector<uint64_t>& ids) override {
    clock_.Advance(absl::Milliseconds(10));
    return {.acknowledged = ids.size()};
  }

 private:
  FakeClock& clock_;
};

TEST(CliLoadTest, AViewThatHadToWaitIsChargedForIt) {
  FakeClock clock;
  // 1000 views are due while each answer takes 10 ms: about 10 wait for each answer, up to 20 ms.
  cli::Load load(
      {.rate = 1000, .batch = 1000, .duration = absl::Seconds(1)},
      [&] { return std::make_unique<SlowSender>(clock); }, clock);
  load.Wait();
  EXPECT_NEAR(static_cast<double>(load.Read().acknowledged), 1000, 20);
  EXPECT_GT(load.latencies().Percentile(0.99), absl::Milliseconds(18));
  EXPECT_LT(load.latencies().Percentile(0.01), absl::Milliseconds(12));
}

TEST(CliLoadTest, WhatWasDueAndNotSentIsCounted) {
  FakeClock clock;
  // 1000 views are due and one answer takes 10 ms: 100 are sent, and the rest is not forgotten.
  cli::Load load(
      {.rate = 1000, .batch = 1, .duration = absl::Seconds(1)},
      [&] { return std::make_unique<SlowSender>(clock); }, clock);
  load.Wait();
  const cli::Load::Totals totals = load.Read();
  EXPECT_NEAR(static_cast<double>(totals.acknowledged), 100, 2);
  EXPECT_EQ(totals.acknowledged + totals.not_sent, 1000u);
}

}  // namespace
}  // namespace readcount::testing
