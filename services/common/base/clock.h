#pragma once

#include "absl/time/time.h"

namespace readcount {

// Time as the program sees it; injected so that tests set it by hand. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall clock, for what people read. May jump.
  virtual absl::Time Now() const = 0;

  // Time since a fixed, arbitrary moment. Never goes back; all waiting and expiry is counted in it.
  virtual absl::Duration Elapsed() const = 0;
};

// The machine's clocks. Lives as long as the program.
const Clock& SystemClock();

}  // namespace readcount
