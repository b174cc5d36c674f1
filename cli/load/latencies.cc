#include "cli/load/latencies.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace readcount::cli {

// Small values have a bucket each; of greater ones the first bits after the leading one say which.
size_t Latencies::BucketOf(uint64_t micros) {
  constexpr uint64_t kExact = uint64_t{1} << kFineBits;
  if (micros < kExact) return micros;
  micros = std::min(micros, (uint64_t{1} << kMostBits) - 1);
  const int shift = std::bit_width(micros) - kFineBits - 1;
  return (static_cast<size_t>(shift + 1) << kFineBits) + ((micros >> shift) - kExact);
}

uint64_t Latencies::GreatestOf(size_t bucket) {
  constexpr uint64_t kExact = uint64_t{1} << kFineBits;
  if (bucket < kExact) return bucket;
  const size_t shift = (bucket >> kFineBits) - 1;
  return (((bucket & (kExact - 1)) + kExact + 1) << shift) - 1;
}

void Latencies::Add(absl::Duration latency, uint64_t times) {
  const int64_t micros = std::max<int64_t>(0, absl::ToInt64Microseconds(latency));
  counts_[BucketOf(static_cast<uint64_t>(micros))].fetch_add(times, std::memory_order_relaxed);
}

absl::Duration Latencies::Percentile(double share) const {
  uint64_t all = 0;
  for (const auto& count : counts_) all += count.load(std::memory_order_relaxed);
  if (all == 0) return absl::ZeroDuration();
  const auto wanted =
      std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(share * static_cast<double>(all))));
  uint64_t passed = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    passed += counts_[bucket].load(std::memory_order_relaxed);
    if (passed >= wanted) return absl::Microseconds(static_cast<int64_t>(GreatestOf(bucket)));
  }
  return absl::Microseconds(static_cast<int64_t>(GreatestOf(kBuckets - 1)));
}

}  // namespace readcount::cli
