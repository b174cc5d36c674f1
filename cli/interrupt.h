#pragma once

#include <functional>
#include <thread>

namespace readcount::cli {

// While it lives, Ctrl-C (SIGINT) and SIGTERM call `stop`, once, on a thread of its own, instead of ending
// the process; a second one ends it at once. One at a time.
class Interrupt {
 public:
  explicit Interrupt(std::function<void()> stop);

  // `stop` does not run any more afterwards.
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  std::thread thread_;
};

// The signal that an Interrupt has caught; 0: none.
int CaughtSignal();

}  // namespace readcount::cli
