#pragma once

#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

namespace readcount {

// A wait that can be cut short; injected so that tests let time pass by hand.
class Sleeper {
 public:
  virtual ~Sleeper() = default;

  // Waits `duration` of monotonic time. Returns false if cancelled, at once if that happened before.
  virtual bool SleepFor(absl::Duration duration) = 0;

  // Ends the present wait and all later ones. Safe from any thread.
  virtual void Cancel() = 0;
};

// Waits on the kernel's monotonic clock, so a jump of the wall clock changes nothing. Needs no descriptor, so
// it cannot fail. Thread-safe.
class EventSleeper final : public Sleeper {
 public:
  bool SleepFor(absl::Duration duration) override;
  void Cancel() override;

 private:
  // Not absl's: those wait by the wall clock.
  std::mutex mutex_;
  std::condition_variable cancelled_changed_;
  bool cancelled_ = false;  // guarded by mutex_
};

}  // namespace readcount
