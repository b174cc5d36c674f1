#pragma once

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/base/now_and_then.h"
#include "services/common/base/poller.h"

namespace readcount {

// Tells the service manager that started the program, systemd for example, what it is at, as sd_notify(3) has
// it: by datagrams to the socket that NOTIFY_SOCKET names. Without that variable, which is no fault, nobody
// is told. That a manager cannot be told is logged, once an hour at most. Not thread-safe.
class ServiceManager {
 public:
  // The program serves at `address`. From now on, if WATCHDOG_USEC asks for it, a thread of its own says
  // twice in that time that the process runs, until destruction: it notices one that is stopped or starved,
  // not one whose other threads wait for each other.
  void Serving(absl::string_view address);

  // The program has been told to end and needs at most `grace` for it. The manager is asked for so much
  // patience.
  void Stopping(absl::Duration grace);

 private:
  void Tell(const std::string& state);

  NowAndThen not_told_{SystemClock(), absl::Hours(1)};
  std::unique_ptr<Poller> watchdog_;  // last: its thread uses what stands above
};

}  // namespace readcount
