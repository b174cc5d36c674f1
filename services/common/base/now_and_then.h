#pragma once

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "services/common/base/clock.h"

namespace readcount {

// Picks one of many events that come close together, so that they do not fill the log. Thread-safe.
class NowAndThen {
 public:
  // `clock` must outlive the object.
  explicit NowAndThen(const Clock& clock, absl::Duration between = absl::Seconds(1))
      : clock_(clock), between_ns_(absl::ToInt64Nanoseconds(between)) {}

  // True for the first event, and then for one in each `between`.
  bool IsDue() {
    const int64_t now = absl::ToInt64Nanoseconds(clock_.Elapsed());
    int64_t next = next_ns_.load(std::memory_order_relaxed);
    return now >= next &&
           next_ns_.compare_exchange_strong(next, now + between_ns_, std::memory_order_relaxed);
  }

 private:
  const Clock& clock_;
  const int64_t between_ns_;
  std::atomic<int64_t> next_ns_ = INT64_MIN;
};

}  // namespace readcount
