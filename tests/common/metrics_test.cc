#include "tests/support/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "services/common/durability/durability_metrics.h"
#include "services/common/metrics/call_meter.h"
#include "services/common/metrics/exporter.h"
#include "services/common/metrics/exposition.h"
#include "tests/support/http_client.h"
#include "tests/support/raw_connection.h"

namespace readcount {
namespace {

using ::testing::HasSubstr;
using testing::ParseMetrics;
using testing::Scrape;

constexpr MetricSpec kCount = {"test_things_total", MetricKind::kCounter, "Things."};
constexpr MetricSpec kLevel = {"test_level", MetricKind::kGauge, "A level."};
constexpr MetricSpec kSizes = {"test_sizes", MetricKind::kHistogram, "Sizes."};

// A source made of one function.
class Source final : public MetricSource {
 public:
  explicit Source(std::function<void(MetricSink&)> collect) : collect_(std::move(collect)) {}
  void Collect(MetricSink& sink) const override { collect_(sink); }

 private:
  const std::function<void(MetricSink&)> collect_;
};

Scrape Render(const std::vector<const MetricSource*>& sources) {
  return ParseMetrics(RenderMetrics(sources));
}

TEST(MetricsTest, TellsNameHelpTypeAndValue) {
  const Source source([](MetricSink& sink) { sink.Add(kCount, 7, {{"kind", "a \"quoted\"\nname"}}); });
  const MetricSource* const sources[] = {&source};
  EXPECT_EQ(RenderMetrics(sources),
            "# HELP test_things_total Things.\n"
            "# TYPE test_things_total counter\n"
            "test_things_total{kind=\"a \\\"quoted\\\"\\nname\"} 7\n");
}

TEST(MetricsTest, PutsTheSamplesOfSeveralSourcesBelowOneHead) {
  const Source first([](MetricSink& sink) {
    sink.Add(kLevel, 1, {{"part", "first"}});
    sink.Add(kCount, 2);
  });
  const Source second([](MetricSink& sink) { sink.Add(kLevel, 0.5, {{"part", "second"}}); });
  const Scrape scrape = Render({&first, &second});
  EXPECT_EQ(scrape.Value("test_level{part=\"first\"}"), 1);
  EXPECT_EQ(scrape.Value("test_level{part=\"second\"}"), 0.5);
  EXPECT_EQ(scrape.types.size(), 2u);
}

TEST(MetricsTest, KeepsGreatCountsExact) {
  constexpr uint64_t kExact = (uint64_t{1} << 53) - 1;
  const Source source([](MetricSink& sink) { sink.Add(kCount, kExact); });
  EXPECT_EQ(Render({&source}).Value("test_things_total"), static_cast<double>(kExact));
}

TEST(MetricsTest, OneOfSeveralIsOneAndTheOthersAreZero) {
  const Source source([](MetricSink& sink) {
    constexpr absl::string_view kNames[] = {"low", "high"};
    AddOneOf(sink, kLevel, "is", kNames, 1);
  });
  const Scrape scrape = Render({&source});
  EXPECT_EQ(scrape.Value("test_level{is=\"low\"}"), 0);
  EXPECT_EQ(scrape.Value("test_level{is=\"high\"}"), 1);
}

TEST(HistogramTest, CountsAValueInEveryBucketThatReachesIt) {
  Histogram sizes({1, 10});
  for (const double value : {0.5, 1.0, 1.5, 10.0, 11.0}) sizes.Observe(value);
  const Source source([&sizes](MetricSink& sink) { sink.Add(kSizes, sizes); });
  const Scrape scrape = Render({&source});
  EXPECT_EQ(scrape.Value("test_sizes_bucket{le=\"1\"}"), 2);
  EXPECT_EQ(scrape.Value("test_sizes_bucket{le=\"10\"}"), 4);
  EXPECT_EQ(scrape.Value("test_sizes_bucket{le=\"+Inf\"}"), 5);
  EXPECT_EQ(scrape.Value("test_sizes_count"), 5);
  EXPECT_EQ(scrape.Value("test_sizes_sum"), 24);
}

TEST(HistogramTest, ItsBoundsRise) {
  for (const std::vector<double>& bounds : {LatencyBounds(), BatchBounds()}) {
    EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end()));
    EXPECT_EQ(std::adjacent_find(bounds.begin(), bounds.end()), bounds.end());
  }
}

TEST(HistogramTest, LosesNothingWhenThreadsObserveAtOnce) {
  constexpr int kThreads = 4, kEach = 10000;
  Histogram sizes({1});
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&sizes] {
      for (int n = 0; n < kEach; ++n) sizes.Observe(1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sizes.Read().count, uint64_t{kThreads * kEach});
  EXPECT_EQ(sizes.Read().sum, kThreads * kEach);
}

TEST(CallMeterTest, TellsConnectsErrorsByKindAndDurations) {
  CallMeter meter({.connects = {"test_connects_total", MetricKind::kCounter, "Connects."},
                   .errors = {"test_errors_total", MetricKind::kCounter, "Errors."},
                   .duration = {"test_duration_seconds", MetricKind::kHistogram, "Durations."}});
  meter.Connected(absl::OkStatus());
  meter.Connected(absl::UnavailableError("away"));
  meter.Called(absl::OkStatus(), absl::Milliseconds(3));
  meter.Called(absl::UnknownError("lost"), absl::Seconds(2));
  meter.Called(absl::OutOfRangeError("not one of the kinds"), absl::Milliseconds(3));
  EXPECT_EQ(Metered(meter, [] { return absl::StatusOr<int>(absl::AbortedError("deadlock")); }).status(),
            absl::AbortedError("deadlock"));
  EXPECT_EQ(*Metered(meter, [] { return absl::StatusOr<int>(5); }), 5);
  const Scrape scrape = Render({&meter});
  EXPECT_EQ(scrape.Value("test_connects_total{outcome=\"ok\"}"), 1);
  EXPECT_EQ(scrape.Value("test_connects_total{outcome=\"failed\"}"), 1);
  EXPECT_EQ(scrape.Value("test_errors_total{kind=\"unknown\"}"), 1);
  EXPECT_EQ(scrape.Value("test_errors_total{kind=\"aborted\"}"), 1);
  EXPECT_EQ(scrape.Value("test_errors_total{kind=\"other\"}"), 1);
  EXPECT_EQ(scrape.Value("test_errors_total{kind=\"unavailable\"}"), 0);
  EXPECT_EQ(scrape.Value("test_duration_seconds_count"), 5);
  EXPECT_EQ(scrape.Value("test_duration_seconds_bucket{le=\"0.005\"}"), 4);
}

TEST(DurabilityMetricsTest, CountsFindingsBySeverity) {
  const Source source([](MetricSink& sink) {
    CollectDurability({.level = "",
                       .findings = {{FindingSeverity::kError, "a"},
                                    {FindingSeverity::kWarning, "b"},
                                    {FindingSeverity::kWarning, "c"}}},
                      sink);
  });
  const Scrape scrape = Render({&source});
  EXPECT_EQ(scrape.Value("readcount_durability_findings{severity=\"error\"}"), 1);
  EXPECT_EQ(scrape.Value("readcount_durability_findings{severity=\"warning\"}"), 2);
  EXPECT_EQ(scrape.Value("readcount_durability_findings{severity=\"notice\"}"), 0);
}

class ExporterTest : public ::testing::Test {
 protected:
  static constexpr char kKey[] = "article.metrics_listen";

  std::unique_ptr<MetricsExporter> Start(const std::string& host = "127.0.0.1") {
    absl::StatusOr<std::unique_ptr<MetricsExporter>> exporter =
        MetricsExporter::Start(settings_, kKey, Address{.host = host, .port = 0}, {&source_});
    EXPECT_TRUE(exporter.ok()) << exporter.status();
    return *std::move(exporter);
  }

  Settings settings_;
  const Source source_{[](MetricSink& sink) { sink.Add(kCount, 7); }};
};

TEST_F(ExporterTest, ServesTheSourcesAndTheProcessOverOneConnection) {
  const auto exporter = Start();
  testing::HttpClient client(exporter->address().ToString());
  for (int i = 0; i < 2; ++i) {
    const std::optional<testing::HttpReply> reply = client.Get("/metrics");
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(ParseMetrics(reply->body).Value("test_things_total"), 7);
  }
  const Scrape scrape = testing::ScrapeMetrics(exporter->address().ToString());
  EXPECT_GT(scrape.Value("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(scrape.Value("process_open_fds"), 3);
  EXPECT_GE(scrape.Value("process_max_fds"), scrape.Value("process_open_fds"));
  EXPECT_GE(scrape.Value("process_threads"), 2);
  const double age =
      absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()) - scrape.Value("process_start_time_seconds");
  EXPECT_GE(age, -1);
  EXPECT_LT(age, 3600);
}

TEST_F(ExporterTest, AnswersWhatItDoesNotServe) {
  const auto exporter = Start();
  testing::HttpClient client(exporter->address().ToString());
  EXPECT_EQ(client.Get("/")->status, 404);
  EXPECT_EQ(client.Get("/metricsx")->status, 404);
  EXPECT_EQ(client.Get("/metrics?name=x")->status, 200);
  EXPECT_EQ(client.Send("POST", "/metrics", {}, "")->status, 405);
}

TEST_F(ExporterTest, AnswersARequestWithABodyThatNobodyNeeds) {
  const auto exporter = Start();
  const std::string body(1 << 20, 'x');
  for (const auto& [method, status] : {std::pair("POST", 405), {"GET", 200}}) {
    testing::HttpClient client(exporter->address().ToString());
    const std::optional<testing::HttpReply> reply = client.Send(method, "/metrics", {}, body);
    ASSERT_TRUE(reply.has_value()) << method;
    EXPECT_EQ(reply->status, status) << method;
  }
}

TEST_F(ExporterTest, WhoeverAsksForNothingKeepsNobodyOutForLong) {
  const auto exporter = Start();
  const std::string address = exporter->address().ToString();
  std::vector<testing::RawConnection> silent;
  for (int i = 0; i < 16; ++i) silent.emplace_back(address);
  silent[0].Send("GET /metrics HTTP/1.1\r\nHost:");
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(testing::RawConnection(address).AwaitEnd());
  EXPECT_THAT(
      ::testing::internal::GetCapturedStderr(),
      HasSubstr("connections_refused times=1 why=\"the 16 connections of article.metrics_listen are open"));
  const absl::Time begun = absl::Now();
  for (testing::RawConnection& connection : silent) EXPECT_TRUE(connection.AwaitEnd());
  EXPECT_LT(absl::Now() - begun, absl::Seconds(15));
  EXPECT_TRUE(testing::HttpClient(address).Get("/metrics").has_value());
}

TEST_F(ExporterTest, RefusesATakenPortAndNamesTheKey) {
  const auto first = Start();
  const absl::Status refused = MetricsExporter::Start(settings_, kKey, first->address(), {&source_}).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("article.metrics_listen: cannot listen on " + first->address().ToString()));
}

TEST_F(ExporterTest, IsNoneWhereNoAddressIsGiven) {
  const absl::StatusOr<std::unique_ptr<MetricsExporter>> exporter =
      MetricsExporter::Start(settings_, kKey, std::nullopt, {&source_});
  ASSERT_TRUE(exporter.ok()) << exporter.status();
  EXPECT_EQ(*exporter, nullptr);
}

TEST_F(ExporterTest, ItsPortIsFreeWhenItHasEndedThoughAConnectionWasOpen) {
  auto exporter = Start();
  const Address address = exporter->address();
  testing::HttpClient client(address.ToString());
  ASSERT_TRUE(client.Get("/metrics").has_value());
  exporter.reset();
  EXPECT_TRUE(MetricsExporter::Start(settings_, kKey, address, {&source_}).ok());
}

}  // namespace
}  // namespace readcount
