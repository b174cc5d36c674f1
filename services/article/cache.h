#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/random/random.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/article/article.h"
#include "services/common/base/clock.h"

namespace readcount {

// A row as the cache holds it.
struct CachedRow {
  ArticleRow row;
  bool expired = false;  // the text has reached its age: read it again, use it only if that fails

  // The greatest count that was ever answered for this article, to fall back on when neither server answers.
  std::shared_ptr<std::atomic<uint64_t>> shown;
};

// Articles by id, bounded in memory, and ids known to be absent, bounded in number; the least recently used
// of each go first. Expiry concerns text and absence only: whether a row's count is exact is decided by
// comparing its epoch with the ledger's, never by age. Thread-safe.
class ArticleCache {
 public:
  struct Settings {
    size_t bytes = 0;            // memory for articles
    size_t absent_capacity = 0;  // absent ids
    absl::Duration ttl;          // of text; shortened at random by up to 20 %, so that rows expire one by one
    absl::Duration absent_ttl;   // of absence
  };

  ArticleCache(Settings settings, const Clock& clock) : settings_(settings), clock_(clock) {}

  struct Lookup {
    std::optional<CachedRow> row;
    bool absent = false;  // known not to exist; then there is no row
  };
  Lookup Find(uint64_t id);

  // Remembers a row just loaded, unless a newer one of the same life is there. Returns what is now cached.
  CachedRow Put(const ArticleRow& row);

  // Remembers that there is no such article, and forgets its row.
  void PutAbsent(uint64_t id);

  // Steps a row forward by the sealed batch after the one it has: `count` includes it from now on. Does
  // nothing if the row is not at that place any more.
  void Fold(uint64_t id, uint64_t life, uint64_t sealed_epoch, int64_t sealed_views);

 private:
  struct Entry {
    ArticleRow row;
    std::shared_ptr<std::atomic<uint64_t>> shown;
    absl::Duration expires;
    size_t bytes = 0;
  };
  struct Absence {
    uint64_t id = 0;
    absl::Duration expires;
  };

  void EvictLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetAbsenceLocked(uint64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Settings settings_;
  const Clock& clock_;

  absl::Mutex mutex_;
  absl::InsecureBitGen random_ ABSL_GUARDED_BY(mutex_);
  std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // most recently used first
  absl::flat_hash_map<uint64_t, std::list<Entry>::iterator> by_id_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::list<Absence> absences_ ABSL_GUARDED_BY(mutex_);  // newest first
  absl::flat_hash_map<uint64_t, std::list<Absence>::iterator> absent_ ABSL_GUARDED_BY(mutex_);
};

// `count` with `views` added, kept within 0 and 2^64 - 1.
uint64_t AddViews(uint64_t count, int64_t views);

}  // namespace readcount
