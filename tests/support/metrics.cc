#include "tests/support/metrics.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <sstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/support/http_client.h"

namespace readcount::testing {
namespace {

class Parser {
 public:
  explicit Parser(Scrape& scrape) : scrape_(scrape) {}

  void Line(const std::string& line) {
    if (absl::StartsWith(line, "# HELP ")) return Help(line.substr(7));
    if (absl::StartsWith(line, "# TYPE ")) return Type(line.substr(7));
    EXPECT_FALSE(line.empty() || line[0] == '#') << "not a line of metrics: " << line;
    Sample(line);
  }

  void Finish() const {
    for (const std::string& name : helped_)
      EXPECT_TRUE(scrape_.types.contains(name)) << name << " has no TYPE";
    for (const auto& [name, type] : scrape_.types) {
      EXPECT_EQ(type == "counter", absl::EndsWith(name, "_total")) << name;
      EXPECT_TRUE(sampled_.contains(name)) << name << " has no samples";
    }
  }

 private:
  void Help(const std::string& rest) {
    const size_t end = rest.find(' ');
    ASSERT_NE(end, std::string::npos) << rest << " explains nothing";
    EXPECT_TRUE(helped_.insert(rest.substr(0, end)).second) << rest << " comes twice";
  }

  void Type(const std::string& rest) {
    name_ = rest.substr(0, rest.find(' '));
    const std::string type = rest.substr(rest.find(' ') + 1);
    EXPECT_TRUE(type == "counter" || type == "gauge" || type == "histogram") << rest;
    EXPECT_TRUE(helped_.contains(name_)) << name_ << " has no HELP";
    EXPECT_TRUE(scrape_.types.emplace(name_, type).second) << name_ << " comes twice";
    below_ = 0;
  }

  void Sample(const std::string& line) {
    const size_t space = line.rfind(' ');
    ASSERT_NE(space, std::string::npos) << line;
    const std::string series = line.substr(0, space);
    double value = 0;
    EXPECT_TRUE(absl::SimpleAtod(line.substr(space + 1), &value)) << line;
    EXPECT_TRUE(scrape_.series.emplace(series, value).second) << series << " comes twice";
    EXPECT_TRUE(IsOf(series.substr(0, series.find('{')))) << series << " stands below " << name_;
    sampled_.insert(name_);
    if (absl::StrContains(series, "_bucket{")) {
      EXPECT_GE(value, below_) << series;
      below_ = absl::StrContains(series, "le=\"+Inf\"") ? 0 : value;
    }
  }

  bool IsOf(absl::string_view name) const {
    if (name == name_) return true;
    return absl::ConsumePrefix(&name, name_) && scrape_.types.at(name_) == "histogram" &&
           (name == "_bucket" || name == "_sum" || name == "_count");
  }

  Scrape& scrape_;
  std::set<std::string> helped_, sampled_;
  std::string name_;
  double below_ = 0;
};

}  // namespace

double Scrape::Value(const std::string& name) const {
  const auto found = series.find(name);
  EXPECT_NE(found, series.end()) << name << " is not among the metrics";
  return found == series.end() ? 0 : found->second;
}

Scrape ParseMetrics(const std::string& text) {
  Scrape scrape;
  Parser parser(scrape);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) parser.Line(line);
  parser.Finish();
  return scrape;
}

Scrape ScrapeMetrics(const std::string& address) {
  HttpClient client(address);
  const std::optional<HttpReply> reply = client.Get("/metrics");
  EXPECT_TRUE(reply.has_value() && reply->status == 200) << "no metrics at '" << address << "'";
  return reply.has_value() ? ParseMetrics(reply->body) : Scrape();
}

Scrape AwaitMetrics(const std::string& address, const std::function<bool(const Scrape&)>& wanted) {
  constexpr std::chrono::seconds kLongest(30);
  constexpr std::chrono::milliseconds kLookAgain(20);
  const auto deadline = std::chrono::steady_clock::now() + kLongest;
  for (;;) {
    Scrape scrape = ScrapeMetrics(address);
    const bool late = std::chrono::steady_clock::now() > deadline;
    EXPECT_FALSE(late) << "the metrics do not become as wanted";
    if (late || ::testing::Test::HasFailure() || wanted(scrape)) return scrape;
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace readcount::testing
