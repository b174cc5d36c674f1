#pragma once

#include "absl/random/random.h"
#include "absl/time/time.h"

namespace readcount {

// Delays between attempts: doubling from `first` to `most`, each drawn from the upper half of its range,
// so that programs that lost the same server do not come back in step. Not thread-safe.
class Backoff {
 public:
  struct Settings {
    absl::Duration first = absl::Milliseconds(50);
    absl::Duration most = absl::Seconds(5);
  };

  explicit Backoff(Settings settings) : settings_(settings), ceiling_(settings.first) {}

  // Delay before the next attempt.
  absl::Duration Next();

  // To be called after a success: the next delay is short again.
  void Reset() { ceiling_ = settings_.first; }

 private:
  const Settings settings_;
  absl::Duration ceiling_;
  absl::BitGen random_;
};

}  // namespace readcount
