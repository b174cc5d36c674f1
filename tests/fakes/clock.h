#pragma once

#include <atomic>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/common/base/clock.h"
#include "services/common/base/sleeper.h"

namespace readcount {

// A clock that stands still until it is told to go on. Thread-safe.
class FakeClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'700'000'000) + Elapsed(); }
  absl::Duration Elapsed() const override { return absl::Nanoseconds(elapsed_ns_.load()); }
  void Advance(absl::Duration step) { elapsed_ns_ += absl::ToInt64Nanoseconds(step); }

 private:
  std::atomic<int64_t> elapsed_ns_ = absl::ToInt64Nanoseconds(absl::Hours(1));
};

// Sleeps in no time: the clock jumps ahead instead. Keeps what it was asked for.
class JumpingSleeper final : public Sleeper {
 public:
  explicit JumpingSleeper(FakeClock& clock) : clock_(clock) {}

  bool SleepFor(absl::Duration duration) override {
    absl::MutexLock lock(&mutex_);
    sleeps_.push_back(duration);
    clock_.Advance(duration);
    return !cancelled_;
  }
  void Cancel() override {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
  }
  std::vector<absl::Duration> sleeps() const {
    absl::MutexLock lock(&mutex_);
    return sleeps_;
  }

 private:
  FakeClock& clock_;
  mutable absl::Mutex mutex_;
  std::vector<absl::Duration> sleeps_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

// Sleeps until the test says that the time is over.
class ManualSleeper final : public Sleeper {
 public:
  bool SleepFor(absl::Duration duration) override {
    absl::MutexLock lock(&mutex_);
    asked_ = duration;
    ++sleeping_;
    mutex_.Await(absl::Condition(
        +[](ManualSleeper* self)
             ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) { return self->cancelled_ || self->wakes_ > 0; },
        this));
    --sleeping_;
    if (cancelled_) return false;
    --wakes_;
    return true;
  }
  void Cancel() override {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
  }

  // Waits until somebody sleeps, lets that sleep end, and returns how long it would have been.
  absl::Duration Wake() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](ManualSleeper* self)
             ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) { return self->sleeping_ > self->wakes_; },
        this));
    ++wakes_;
    return asked_;
  }

 private:
  absl::Mutex mutex_;
  absl::Duration asked_ ABSL_GUARDED_BY(mutex_);
  int sleeping_ ABSL_GUARDED_BY(mutex_) = 0;
  int wakes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace readcount
