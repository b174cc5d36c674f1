#pragma once

#include <functional>
#include <map>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"

namespace readcount {

// Runs tasks later, one after another on a thread of its own; they must not block. Thread-safe.
class Timer {
 public:
  explicit Timer(const Clock& clock);

  // Drops the tasks whose time has not come; waits for the one that runs.
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Runs `task` once, `delay` from now.
  void After(absl::Duration delay, std::function<void()> task);

 private:
  void Work();

  const Clock& clock_;
  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::multimap<absl::Duration, std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);  // by their time
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the members above
};

}  // namespace readcount
