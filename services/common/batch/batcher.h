#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace readcount {

// Natural batching: while one batch is on its way, what arrives meanwhile becomes the next. An idle
// batcher sends the first item at once; a busy one shares the cost of a send among all who wait. There
// are no timers.
//
// Ownership: items move in by Add and out by `Send`, or by TakeBack; the batcher never drops one.
// Thread safety: all methods may be called from any thread. `Send` runs outside the lock, on the thread
// that added the item or finished the batch before, never on more than `max_in_flight` threads at once.
template <typename Item>
class Batcher {
 public:
  struct Limits {
    size_t max_batch = 512;     // weight of one batch; a heavier single item still goes, alone
    size_t max_queued = 65536;  // weight that may wait; more is refused, unless nothing waits
    int max_in_flight = 1;      // batches under way at once
  };

  // To be called once per batch, from any thread, when its outcome is known.
  using Done = std::function<void()>;

  // Takes a batch on its way. May call `done` before it returns.
  using Send = std::function<void(std::vector<Item> batch, Done done)>;

  Batcher(Limits limits, Send send) : limits_(limits), send_(std::move(send)) {}

  // Waits until nothing is queued or under way.
  ~Batcher() { Drain(); }
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // Queues `item`, or sends it at once if fewer than `max_in_flight` batches are under way. `weight` is its
  // share of the limits.
  // RESOURCE_EXHAUSTED if too much is queued, UNAVAILABLE after Close: `item` is then left as it was.
  absl::Status Add(Item&& item, size_t weight = 1) {
    std::vector<Item> batch;
    {
      absl::MutexLock lock(&mutex_);
      if (absl::Status status = RoomLocked(weight); !status.ok()) return status;
      queue_.push_back({std::move(item), weight});
      queued_weight_ += weight;
      if (in_flight_ >= limits_.max_in_flight) return absl::OkStatus();
      ++in_flight_;
      batch = TakeLocked();
    }
    Run(std::move(batch));
    return absl::OkStatus();
  }

  // Queues items of weight 1 together, so that an idle batcher does not send the first of them alone. Errors
  // as of Add, for all or none: `items` are then left as they were.
  absl::Status AddAll(std::vector<Item>&& items) {
    std::vector<std::vector<Item>> batches;
    {
      absl::MutexLock lock(&mutex_);
      if (absl::Status status = RoomLocked(items.size()); !status.ok()) return status;
      queued_weight_ += items.size();
      for (Item& item : items) queue_.push_back({std::move(item), 1});
      while (!queue_.empty() && in_flight_ < limits_.max_in_flight) {
        ++in_flight_;
        batches.push_back(TakeLocked());
      }
    }
    for (std::vector<Item>& batch : batches) Run(std::move(batch));
    return absl::OkStatus();
  }

  // Takes those back that are queued and of which `is_over` holds. `is_over` runs under the lock.
  template <typename Predicate>
  std::vector<Item> TakeBack(Predicate is_over) {
    std::vector<Item> taken;
    absl::MutexLock lock(&mutex_);
    auto kept = queue_.begin();
    for (auto queued = queue_.begin(); queued != queue_.end(); ++queued) {
      if (is_over(std::as_const(queued->item))) {
        queued_weight_ -= queued->weight;
        taken.push_back(std::move(queued->item));
      } else if (kept++ != queued) {
        *std::prev(kept) = std::move(*queued);
      }
    }
    queue_.erase(kept, queue_.end());
    return taken;
  }

  // Refuses further items. Those queued still go.
  void Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

  // Waits until nothing is queued or under way. Must not be called from `Send` or before `Done`.
  void Drain() { absl::MutexLock lock(&mutex_, absl::Condition(this, &Batcher::Idle)); }

 private:
  struct Queued {
    Item item;
    size_t weight;
  };

  // A batch whose `done` came before `send_` returned is followed up in the loop of Run, a later one by
  // `done` itself: whichever comes second goes on. So a sink that answers at once cannot nest calls.
  enum class Stage { kSending, kSent, kDone };

  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return in_flight_ == 0; }

  absl::Status RoomLocked(size_t weight) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (closed_) return absl::UnavailableError("shutting down: send the call to another instance");
    if (queued_weight_ + weight <= limits_.max_queued || queue_.empty()) return absl::OkStatus();
    return absl::ResourceExhaustedError(
        absl::StrCat(queued_weight_, " items are queued, the limit is ", limits_.max_queued, ": try later"));
  }

  void Run(std::vector<Item> batch) {
    for (std::optional<std::vector<Item>> next(std::move(batch)); next.has_value(); next = Next()) {
      auto stage = std::make_shared<std::atomic<Stage>>(Stage::kSending);
      send_(*std::move(next), [this, stage] {
        if (stage->exchange(Stage::kDone) != Stage::kSent) return;
        if (auto following = Next(); following.has_value()) Run(*std::move(following));
      });
      if (stage->exchange(Stage::kSent) != Stage::kDone) return;
    }
  }

  // The next batch, or none and one batch less under way.
  std::optional<std::vector<Item>> Next() {
    absl::MutexLock lock(&mutex_);
    if (!queue_.empty()) return TakeLocked();
    --in_flight_;
    return std::nullopt;
  }

  std::vector<Item> TakeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::vector<Item> batch;
    size_t weight = 0;
    while (!queue_.empty() && (batch.empty() || weight + queue_.front().weight <= limits_.max_batch)) {
      weight += queue_.front().weight;
      batch.push_back(std::move(queue_.front().item));
      queue_.pop_front();
    }
    queued_weight_ -= weight;
    return batch;
  }

  const Limits limits_;
  const Send send_;

  absl::Mutex mutex_;
  std::deque<Queued> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_weight_ ABSL_GUARDED_BY(mutex_) = 0;
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace readcount
