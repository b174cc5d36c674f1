#include "services/common/base/timer.h"

#include <utility>

namespace readcount {

Timer::Timer(const Clock& clock) : clock_(clock), thread_([this] { Work(); }) {}

Timer::~Timer() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.Signal();
  }
  thread_.join();
}

void Timer::After(absl::Duration delay, std::function<void()> task) {
  absl::MutexLock lock(&mutex_);
  const auto place = tasks_.emplace(clock_.Elapsed() + delay, std::move(task));
  if (place == tasks_.begin()) changed_.Signal();
}

void Timer::Work() {
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    if (tasks_.empty()) {
      changed_.Wait(&mutex_);
      continue;
    }
    const absl::Duration left = tasks_.begin()->first - clock_.Elapsed();
    if (left > absl::ZeroDuration()) {
      changed_.WaitWithTimeout(&mutex_, left);
      continue;
    }
    const std::function<void()> task = std::move(tasks_.extract(tasks_.begin()).mapped());
    mutex_.Unlock();
    task();
    mutex_.Lock();
  }
}

}  // namespace readcount
