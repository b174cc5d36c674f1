#include "services/common/base/poller.h"

#include <utility>

namespace readcount {

Poller::Poller(absl::Duration interval, std::function<void()> task)
    : thread_([this, interval, task = std::move(task)] {
        while (sleeper_.SleepFor(interval)) task();
      }) {}

Poller::~Poller() {
  sleeper_.Cancel();
  thread_.join();
}

}  // namespace readcount
