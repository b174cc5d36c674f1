#pragma once

#include <deque>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/common/ledger/view_ledger.h"

namespace readcount {

// The writers' side of the ledger in memory, with its rules, and faults to order. Thread-safe.
class FakeViewLedger final : public ViewLedger {
 public:
  enum class Fault {
    kNone,
    kRefused,      // UNAVAILABLE, nothing done
    kLostRequest,  // UNKNOWN, nothing done
    kLostReply,    // UNKNOWN, done
  };

  absl::StatusOr<ViewReply> Record(const ViewBatch& batch) override {
    absl::MutexLock lock(&mutex_);
    if (during_calls_ != nullptr) during_calls_();
    ++callers_;
    mutex_.Await(absl::Condition(&open_));
    --callers_;
    batches_.push_back(batch);
    Fault fault = Fault::kNone;
    if (!faults_.empty()) {
      fault = faults_.front();
      faults_.pop_front();
    }
    if (fault == Fault::kRefused) return absl::UnavailableError("LOADING");
    if (fault == Fault::kLostRequest) return absl::UnknownError("timed out");
    ViewReply reply = Apply(batch);
    if (empty_after_ != 0) EmptyLocked(std::exchange(empty_after_, 0));
    if (fault == Fault::kLostReply) return absl::UnknownError("timed out");
    return reply;
  }

  absl::Status Abandon(const LedgerState& state) override {
    absl::MutexLock lock(&mutex_);
    if (state == state_) EmptyLocked(state.life + 100);
    return absl::OkStatus();
  }

  // The faults of the next calls, in order.
  void Inject(std::deque<Fault> faults) {
    absl::MutexLock lock(&mutex_);
    faults_ = std::move(faults);
  }

  // Runs in each call, before it waits or has its effect.
  void DuringCalls(std::function<void()> action) {
    absl::MutexLock lock(&mutex_);
    during_calls_ = std::move(action);
  }

  // While closed, calls wait.
  void Close() {
    absl::MutexLock lock(&mutex_);
    open_ = false;
  }
  void Open() {
    absl::MutexLock lock(&mutex_);
    open_ = true;
  }
  // Waits until a call waits.
  void AwaitCaller() { absl::MutexLock lock(&mutex_, absl::Condition(this, &FakeViewLedger::ACallWaits)); }

  void Seal() {
    absl::MutexLock lock(&mutex_);
    sealed_ = std::exchange(live_, {});
    state_.sealed_epoch = state_.epoch++;
  }
  void Release() {
    absl::MutexLock lock(&mutex_);
    sealed_.clear();
    state_.sealed_epoch = 0;
  }
  // Redis comes back empty.
  void Empty(uint64_t new_life) {
    absl::MutexLock lock(&mutex_);
    EmptyLocked(new_life);
  }
  // The same right after the next call has had its effect.
  void EmptyAfterNextCall(uint64_t new_life) {
    absl::MutexLock lock(&mutex_);
    empty_after_ = new_life;
  }

  // Keeps a copy, and puts Redis back to it.
  void TakeSnapshot() {
    absl::MutexLock lock(&mutex_);
    snapshot_ = {.state = state_, .live = live_, .sealed = sealed_, .writers = writers_};
  }
  void PutBack() {
    absl::MutexLock lock(&mutex_);
    state_ = snapshot_.state;
    live_ = snapshot_.live;
    sealed_ = snapshot_.sealed;
    writers_ = snapshot_.writers;
  }

  // Views of the article do not fit from now on; they do again with `false`.
  void SetFull(uint64_t id, bool full) {
    absl::MutexLock lock(&mutex_);
    full_[id] = full;
  }
  // As Redis forgets writers that were silent for long.
  void ForgetWriters() {
    absl::MutexLock lock(&mutex_);
    writers_.clear();
  }

  std::vector<ViewBatch> batches() const {
    absl::MutexLock lock(&mutex_);
    return batches_;
  }
  int64_t live(uint64_t id) const {
    absl::MutexLock lock(&mutex_);
    const auto found = live_.find(id);
    return found == live_.end() ? 0 : found->second;
  }
  int64_t live_total() const {
    absl::MutexLock lock(&mutex_);
    int64_t total = 0;
    for (const auto& [id, views] : live_) total += views;
    return total;
  }
  LedgerState state() const {
    absl::MutexLock lock(&mutex_);
    return state_;
  }

 private:
  struct Snapshot {
    LedgerState state;
    std::map<uint64_t, int64_t> live, sealed;
    std::map<uint64_t, uint64_t> writers;
  };

  void EmptyLocked(uint64_t new_life) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    live_.clear();
    sealed_.clear();
    writers_.clear();
    state_ = {.life = new_life, .epoch = 1};
  }

  ViewReply Apply(const ViewBatch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ViewReply reply{.state = state_};
    uint64_t& last = writers_[batch.writer];
    reply.previous_seq = last;
    if (batch.life != state_.life) return reply;
    const bool adding = batch.seq > last && last >= batch.after;
    for (const ViewBatch::Entry& entry : batch.entries) {
      const bool refused = adding && entry.views > 0 && full_[entry.id];
      if (adding && entry.views > 0 && !refused) live_[entry.id] += static_cast<int64_t>(entry.views);
      const auto live = live_.find(entry.id);
      const auto sealed = sealed_.find(entry.id);
      reply.counts.push_back({.live = live == live_.end() ? 0 : live->second,
                              .sealed = sealed == sealed_.end() ? 0 : sealed->second,
                              .refused = refused});
    }
    if (adding) last = batch.seq;
    return reply;
  }

  bool ACallWaits() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return callers_ > 0; }

  mutable absl::Mutex mutex_;
  uint64_t empty_after_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void()> during_calls_ ABSL_GUARDED_BY(mutex_);
  std::deque<Fault> faults_ ABSL_GUARDED_BY(mutex_);
  int callers_ ABSL_GUARDED_BY(mutex_) = 0;  // that wait
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  LedgerState state_ ABSL_GUARDED_BY(mutex_) = {.life = 7, .epoch = 1};
  std::map<uint64_t, int64_t> live_ ABSL_GUARDED_BY(mutex_), sealed_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, uint64_t> writers_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, bool> full_ ABSL_GUARDED_BY(mutex_);
  Snapshot snapshot_ ABSL_GUARDED_BY(mutex_);
  std::vector<ViewBatch> batches_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace readcount
