#include "services/common/base/sleeper.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "services/common/base/clock.h"

namespace readcount {

EventSleeper::EventSleeper() : event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

EventSleeper::~EventSleeper() {
  close(event_fd_);
}

bool EventSleeper::SleepFor(absl::Duration duration) {
  const absl::Duration deadline = SystemClock().Elapsed() + duration;
  for (;;) {
    const absl::Duration left = std::max(deadline - SystemClock().Elapsed(), absl::ZeroDuration());
    const absl::Duration slice = std::min(left, absl::Hours(1));
    pollfd event{.fd = event_fd_, .events = POLLIN, .revents = 0};
    const int ready = poll(
        &event, 1, static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(slice, absl::Milliseconds(1)))));
    if (ready > 0) return false;
    if (ready < 0 && errno == EINTR) continue;
    if (slice == left) return true;
  }
}

void EventSleeper::Cancel() {
  const uint64_t one = 1;
  // The counter stays above zero for good: that is what ends every later wait as well.
  [[maybe_unused]] const ssize_t written = write(event_fd_, &one, sizeof one);
}

}  // namespace readcount
