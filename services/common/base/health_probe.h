#pragma once

#include <functional>
#include <thread>

#include "absl/time/time.h"
#include "services/common/base/sleeper.h"

namespace readcount {

// Asks again and again whether the program can serve, and tells when the answer changes. The first answer is
// always told.
class HealthProbe {
 public:
  // `probe` answers; `tell` hears of changes; both run on the probe's thread until destruction.
  HealthProbe(absl::Duration interval, Sleeper& sleeper, std::function<bool()> probe,
              std::function<void(bool)> tell);

  // Cancels the sleeper and joins.
  ~HealthProbe();
  HealthProbe(const HealthProbe&) = delete;
  HealthProbe& operator=(const HealthProbe&) = delete;

 private:
  Sleeper& sleeper_;
  std::thread thread_;
};

}  // namespace readcount
