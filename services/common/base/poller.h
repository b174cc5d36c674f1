#pragma once

#include <functional>
#include <thread>

#include "absl/time/time.h"
#include "services/common/base/sleeper.h"

namespace readcount {

// Runs a task again and again, `interval` after it has ended, on a thread of its own.
class Poller {
 public:
  Poller(absl::Duration interval, std::function<void()> task);

  // Waits for the task if it runs.
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

 private:
  EventSleeper sleeper_;
  std::thread thread_;  // last: it uses the sleeper
};

}  // namespace readcount
