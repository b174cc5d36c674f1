#pragma once

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace readcount {

// A fixed number of threads that run tasks in the order given; one thread makes it a serial queue.
// For calls that block (MySQL, Redis), so that event loops never do. Thread-safe.
class ThreadPool {
 public:
  // `threads` must be at least 1.
  explicit ThreadPool(int threads);

  // Runs every task already posted, then joins.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Queues `task`. Tasks may post further tasks; after destruction has begun those still run.
  void Post(absl::AnyInvocable<void()> task);

  // The same, unless `most` tasks wait already: then nothing is queued and it answers false.
  bool TryPost(absl::AnyInvocable<void()> task, size_t most);

 private:
  void Work();
  bool Ready() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !tasks_.empty(); }

  absl::Mutex mutex_;
  std::deque<absl::AnyInvocable<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // last: the threads use the members above
};

}  // namespace readcount
