#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/article/cache.h"
#include "services/article/repository.h"
#include "services/common/base/clock.h"
#include "services/common/base/thread_pool.h"
#include "services/common/base/timer.h"
#include "services/common/batch/batcher.h"

namespace readcount {

// Reads rows into the cache: one load per id however many wait for it, and one statement for all ids that
// miss while another is under way. Thread-safe.
class ArticleLoader {
 public:
  struct Settings {
    int threads = 1;                                   // loads under way at once
    size_t max_batch = 512;                            // ids in one statement
    size_t max_queued = 65536;                         // ids that may wait
    absl::Duration renewal = absl::Milliseconds(100);  // how long ids gather that are renewed together
  };

  // All must outlive the loader.
  ArticleLoader(Settings settings, ArticleRepository& repository, ArticleCache& cache, const Clock& clock);

  // NOT_FOUND if there is no such article; RESOURCE_EXHAUSTED if too many ids wait; DEADLINE_EXCEEDED if it
  // was not read in time; else the repository's errors, which are never cached.
  using Callback = std::function<void(const absl::StatusOr<ArticleRow>&)>;

  // What to load: a row with its position in the life of `history`, with its text or without.
  struct Key {
    uint64_t id = 0;
    History history;
    bool text = true;

    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H hash, const Key& key) {
      return H::combine(std::move(hash), key.id, key.history, key.text);
    }
  };

  // A load of the same key that is under way serves this call as well, though it may have begun before the
  // call. `callback` runs once, on another thread or, if the load is refused, on this one. It waits
  // `patience` at most, and not at all while the repository has let others wait for longer than that without
  // any answer; the load goes on and fills the cache.
  void Load(const Key& key, absl::Duration patience, Callback callback);

  // Has a row that is in the cache read again before it expires, together with all that are asked for soon.
  // Nobody waits for it, so an error only means that the row will expire.
  void Renew(const Key& key);

 private:
  // Somebody who waits; the callback is gone once it was told.
  using Waiter = std::shared_ptr<Callback>;

  // True while loads are under way and none has ended for `patience`.
  bool StalledLocked(absl::Duration patience) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveUp(const Waiter& waiter, uint64_t id);
  void BeginRenewals();

  void LoadBatch(const std::vector<Key>& batch);
  void LoadAlike(const History& history, bool text, const std::vector<uint64_t>& ids);
  void Finish(const Key& key, const absl::StatusOr<ArticleRow>& outcome);

  const Settings settings_;
  ArticleRepository& repository_;
  ArticleCache& cache_;
  const Clock& clock_;

  absl::Mutex mutex_;
  absl::flat_hash_map<Key, std::vector<Waiter>> waiting_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<Key> renewals_ ABSL_GUARDED_BY(mutex_);  // that gather
  absl::Duration last_progress_ ABSL_GUARDED_BY(mutex_);  // when a load ended, or the first of several began

  Timer timer_;
  ThreadPool threads_;
  Batcher<Key> batcher_;  // last: drained first
};

}  // namespace readcount
