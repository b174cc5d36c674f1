#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/backends.h"
#include "services/common/base/clock.h"

namespace readcount::gateway {

// One answer for all who ask for the same costly thing: those who come while it is being made wait for it,
// and those who come within `keep_for` are given it again. Errors are not kept. Held by shared_ptr.
// Thread-safe.
template <typename T>
class SharedAnswer : public std::enable_shared_from_this<SharedAnswer<T>> {
 public:
  // Makes the answer; calls back once, on any thread.
  using Ask = std::function<void(Callback<T> callback)>;

  // `clock` must outlive the object.
  SharedAnswer(Ask ask, absl::Duration keep_for, const Clock& clock)
      : ask_(std::move(ask)), keep_for_(keep_for), clock_(clock) {}

  void Get(Callback<T> callback) {
    if (std::optional<T> kept = Kept(); kept.has_value()) return callback(*std::move(kept));
    {
      absl::MutexLock lock(&mutex_);
      waiting_.push_back(std::move(callback));
      if (waiting_.size() > 1) return;
    }
    ask_([self = this->shared_from_this()](const absl::StatusOr<T>& answer) { self->Answer(answer); });
  }

 private:
  std::optional<T> Kept() {
    absl::MutexLock lock(&mutex_);
    if (kept_.has_value() && clock_.Elapsed() < kept_until_) return kept_;
    return std::nullopt;
  }

  void Answer(const absl::StatusOr<T>& answer) {
    std::vector<Callback<T>> waiting;
    {
      absl::MutexLock lock(&mutex_);
      waiting.swap(waiting_);
      if (answer.ok()) {
        kept_ = *answer;
        kept_until_ = clock_.Elapsed() + keep_for_;
      }
    }
    for (const Callback<T>& callback : waiting) callback(answer);
  }

  const Ask ask_;
  const absl::Duration keep_for_;
  const Clock& clock_;

  absl::Mutex mutex_;
  std::vector<Callback<T>> waiting_ ABSL_GUARDED_BY(mutex_);
  std::optional<T> kept_ ABSL_GUARDED_BY(mutex_);
  absl::Duration kept_until_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace readcount::gateway
