#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace readcount::testing {

// Threads that view articles through the gateway until Stop, and count what became of each view. Every count
// that a thread sees of an article must be greater than the one before; one that is marked stale may be the
// same.
class Load {
 public:
  // Views articles 1 to `articles` through the gateway at `address`.
  Load(std::string address, int threads, uint64_t articles);
  ~Load() { Stop(); }

  // Waits until this many more views have been acknowledged; fails the test if that takes too long.
  void AwaitViews(uint64_t more);
  void Stop();

  uint64_t acknowledged() const {
    absl::MutexLock lock(&mutex_);
    return acknowledged_;
  }
  uint64_t unknown() const { return unknown_; }  // sent, and not answered with success
  uint64_t falls() const { return falls_; }      // counts seen that were not as they must be

 private:
  void Work(uint64_t seed);

  const std::string address_;
  const uint64_t articles_;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> unknown_ = 0, falls_ = 0;
  mutable absl::Mutex mutex_;
  uint64_t acknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::thread> threads_;
};

}  // namespace readcount::testing
