#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace readcount::cli {

// Latencies, each kept to within 1.6 %, from 1 microsecond to 19 hours; longer ones count as those.
// Thread-safe; takes no lock.
class Latencies {
 public:
  // `times`: how many had it.
  void Add(absl::Duration latency, uint64_t times = 1);

  // The latency that `share` (0 to 1) of all did not exceed; zero if there is none.
  absl::Duration Percentile(double share) const;

 private:
  // 64 buckets for each power of two.
  static constexpr int kFineBits = 6, kMostBits = 36;
  static constexpr size_t kBuckets = size_t{kMostBits - kFineBits + 1} << kFineBits;

  static size_t BucketOf(uint64_t micros);
  static uint64_t GreatestOf(size_t bucket);

  std::array<std::atomic<uint64_t>, kBuckets> counts_ = {};
};

}  // namespace readcount::cli
