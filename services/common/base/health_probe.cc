#include "services/common/base/health_probe.h"

#include <optional>
#include <utility>

namespace readcount {

HealthProbe::HealthProbe(absl::Duration interval, Sleeper& sleeper, std::function<bool()> probe,
                         std::function<void(bool)> tell)
    : sleeper_(sleeper), thread_([interval, &sleeper, probe = std::move(probe), tell = std::move(tell)] {
        std::optional<bool> last;
        do {
          const bool now = probe();
          if (now != last) tell(now);
          last = now;
        } while (sleeper.SleepFor(interval));
      }) {}

HealthProbe::~HealthProbe() {
  sleeper_.Cancel();
  thread_.join();
}

}  // namespace readcount
