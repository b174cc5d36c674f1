#include "services/common/base/sleeper.h"

#include <algorithm>
#include <chrono>

#include "services/common/base/clock.h"

namespace readcount {

bool EventSleeper::SleepFor(absl::Duration duration) {
  const absl::Duration deadline = SystemClock().Elapsed() + duration;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    const absl::Duration left = deadline - SystemClock().Elapsed();
    // A wait of years would overflow the end that the library computes.
    const absl::Duration slice = std::clamp(left, absl::ZeroDuration(), absl::Hours(1));
    if (cancelled_changed_.wait_for(lock, absl::ToChronoNanoseconds(slice), [this] { return cancelled_; }))
      return false;
    if (slice >= left) return true;
  }
}

void EventSleeper::Cancel() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    cancelled_ = true;
  }
  cancelled_changed_.notify_all();
}

}  // namespace readcount
