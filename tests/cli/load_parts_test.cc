#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <random>

#include "absl/time/time.h"
#include "cli/load/latencies.h"
#include "cli/load/zipf.h"

namespace readcount::cli {
namespace {

TEST(CliLatenciesTest, KeepsPercentilesToWithinTwoPercent) {
  Latencies latencies;
  EXPECT_EQ(latencies.Percentile(0.5), absl::ZeroDuration());
  for (int i = 1; i <= 100000; ++i) latencies.Add(absl::Microseconds(i));
  for (const double share : {0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const double micros = absl::ToDoubleMicroseconds(latencies.Percentile(share));
    EXPECT_GE(micros, share * 100000) << share;
    EXPECT_LE(micros, share * 100000 * 1.02 + 1) << share;
  }
}

TEST(CliLatenciesTest, CountsManyAtOnceAndBoundsWhatIsLong) {
  Latencies latencies;
  latencies.Add(absl::Milliseconds(1), 99);
  latencies.Add(absl::Hours(1000));
  EXPECT_LT(latencies.Percentile(0.99), absl::Milliseconds(1.02));
  EXPECT_GT(latencies.Percentile(1), absl::Hours(18));
}

// The share of the first of `count` articles is 1 / (1 + 1/2^s + … + 1/count^s).
TEST(CliZipfTest, DrawsAsOftenAsThePopularitySays) {
  constexpr int kDraws = 200000, kCount = 1000;
  for (const double exponent : {0.5, 0.99, 1.0, 2.0}) {
    double all = 0;
    for (int k = 1; k <= kCount; ++k) all += std::pow(k, -exponent);
    const Zipf zipf(kCount, exponent);
    std::mt19937_64 random(1);
    std::map<uint64_t, int> draws;
    for (int i = 0; i < kDraws; ++i) ++draws[zipf.Draw(random)];
    EXPECT_GE(draws.begin()->first, 1u);
    EXPECT_LE(draws.rbegin()->first, uint64_t{kCount});
    for (const uint64_t k : {1, 2, 10, 100}) {
      const double expected = std::pow(static_cast<double>(k), -exponent) / all * kDraws;
      EXPECT_NEAR(draws[k], expected, 5 * std::sqrt(expected) + 1) << k << " at " << exponent;
    }
  }
}

TEST(CliZipfTest, DrawsAllAlikeWithoutAnExponent) {
  const Zipf zipf(4, 0);
  std::mt19937_64 random(1);
  std::map<uint64_t, int> draws;
  for (int i = 0; i < 40000; ++i) ++draws[zipf.Draw(random)];
  ASSERT_EQ(draws.size(), 4u);
  for (const auto& [id, count] : draws) EXPECT_NEAR(count, 10000, 500) << id;
}

TEST(CliZipfTest, KnowsOneArticle) {
  std::mt19937_64 random(1);
  for (const double exponent : {0.0, 0.99}) EXPECT_EQ(Zipf(1, exponent).Draw(random), 1u);
}

}  // namespace
}  // namespace readcount::cli
