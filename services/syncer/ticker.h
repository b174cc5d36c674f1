#pragma once

#include <functional>
#include <optional>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/base/backoff.h"
#include "services/common/base/clock.h"
#include "services/common/base/sleeper.h"

namespace readcount {

// Asks for a run at once, then every `interval`, one at a time; after a failed one earlier, with a growing,
// jittered delay that never exceeds the interval. Counts in monotonic time.
class Ticker {
 public:
  struct Settings {
    absl::Duration interval;
    Backoff::Settings backoff;  // after a failure
  };

  // `run` asks for a run and waits for it; `announce` hears when the next is due. Both run on the ticker's
  // thread until destruction. Clock and sleeper must outlive the ticker.
  Ticker(Settings settings, const Clock& clock, Sleeper& sleeper, std::function<absl::Status()> run,
         std::function<void(absl::Time)> announce);

  // Cancels the sleeper and joins. A run under way must be ended by whoever serves it.
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  void Loop();

  const Settings settings_;
  const Clock& clock_;
  Sleeper& sleeper_;
  const std::function<absl::Status()> run_;
  const std::function<void(absl::Time)> announce_;
  std::thread thread_;  // last: uses the members above
};

}  // namespace readcount
