#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/article/cache.h"
#include "services/article/repository.h"
#include "services/common/base/thread_pool.h"
#include "services/common/batch/batcher.h"

namespace readcount {

// Reads rows into the cache: one load per id however many wait for it, and one statement for all ids that
// miss while another is under way. Thread-safe.
class ArticleLoader {
 public:
  struct Settings {
    int threads = 1;            // loads under way at once
    size_t max_batch = 512;     // ids in one statement
    size_t max_queued = 65536;  // ids that may wait
  };

  // All must outlive the loader.
  ArticleLoader(Settings settings, ArticleRepository& repository, ArticleCache& cache);

  // NOT_FOUND if there is no such article; RESOURCE_EXHAUSTED if too many ids wait; else the repository's
  // errors, which are never cached.
  using Callback = std::function<void(const absl::StatusOr<CachedRow>&)>;

  // Loads a row with its position in `life`. A load of the same id and life that is under way serves this
  // call as well, though it may have begun before the call. `callback` runs on another thread or, if the load
  // is refused, on this one.
  void Load(uint64_t id, uint64_t life, Callback callback);

 private:
  using Key = std::pair<uint64_t, uint64_t>;  // life, id

  void LoadBatch(const std::vector<Key>& batch);
  void LoadOfLife(uint64_t life, const std::vector<uint64_t>& ids);
  void Finish(const Key& key, const absl::StatusOr<CachedRow>& outcome);

  ArticleRepository& repository_;
  ArticleCache& cache_;

  absl::Mutex mutex_;
  absl::flat_hash_map<Key, std::vector<Callback>> waiting_ ABSL_GUARDED_BY(mutex_);

  ThreadPool threads_;
  Batcher<Key> batcher_;  // last: drained first
};

}  // namespace readcount
