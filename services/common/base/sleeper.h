#pragma once

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

// Waits on the kernel's monotonic clock, so a jump of the wall clock changes nothing. Thread-safe.
class EventSleeper final : public Sleeper {
 public:
  EventSleeper();
  ~EventSleeper() override;
  EventSleeper(const EventSleeper&) = delete;
  EventSleeper& operator=(const EventSleeper&) = delete;

  bool SleepFor(absl::Duration duration) override;
  void Cancel() override;

 private:
  const int event_fd_;
};

}  // namespace readcount
