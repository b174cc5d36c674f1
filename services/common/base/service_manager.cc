#include "services/common/base/service_manager.h"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

// What ending takes beyond the grace: threads are joined, connections closed.
constexpr absl::Duration kToClose = absl::Seconds(10);

}  // namespace

void ServiceManager::Tell(const std::string& state) {
  const int result = sd_notify(/*unset_environment=*/0, state.c_str());
  if (result >= 0 || !not_told_.IsDue()) return;
  Log(LogLevel::kWarning, "service_manager_not_told",
      {{"error", std::strerror(-result)}, {"do", "let the program write to the socket in NOTIFY_SOCKET"}});
}

void ServiceManager::Serving(absl::string_view address) {
  Tell(absl::StrCat("READY=1\nSTATUS=Serving at ", address));
  uint64_t microseconds = 0;
  if (sd_watchdog_enabled(/*unset_environment=*/0, &microseconds) <= 0) return;
  watchdog_ = std::make_unique<Poller>(absl::Microseconds(microseconds) / 2, [this] { Tell("WATCHDOG=1"); });
}

void ServiceManager::Stopping(absl::Duration grace) {
  Tell(absl::StrCat("STOPPING=1\nSTATUS=Finishing what is under way, ", absl::FormatDuration(grace),
                    " at most\nEXTEND_TIMEOUT_USEC=", absl::ToInt64Microseconds(grace + kToClose)));
}

}  // namespace readcount
