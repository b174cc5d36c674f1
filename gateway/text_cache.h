#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/json.h"
#include "services/common/base/clock.h"

namespace readcount::gateway {

// Articles' texts as they are answered, so that a view needs only its count from ArticleService. Each is kept
// as long as the service said that it may be; in all they are bounded in memory, and the least recently used
// go first. Thread-safe.
class TextCache {
 public:
  // `bytes` is the bound, 0 to keep nothing; `clock` must outlive the cache.
  TextCache(size_t bytes, const Clock& clock) : max_bytes_(bytes), clock_(clock) {}

  // The article's text; none if it must be asked for.
  std::shared_ptr<const ArticleText> Find(uint64_t id);

  // Keeps what an article says, if it may be kept and for as long.
  void Keep(const v1::Article& article);

  // Keeps a text for `fresh_for` from now in place of the article's last.
  void Put(uint64_t id, std::shared_ptr<const ArticleText> text, absl::Duration fresh_for);

  // Forgets the text of an article that is gone.
  void Forget(uint64_t id);

  // Articles whose text enters the last quarter of its time and was found at least once in what went before,
  // `most` of them or fewer. Each text is named once: asked for anew now, it is never missed by those who go
  // on finding it.
  std::vector<uint64_t> TakeDue(size_t most);

  // Since the start, and what is held now.
  struct Stats {
    uint64_t hits = 0, expired = 0, misses = 0;  // what Find found; each call in one of them
    uint64_t renewals = 0;                       // what TakeDue named
    uint64_t evicted = 0;                        // for want of room
    size_t articles = 0;
    size_t bytes = 0, max_bytes = 0;
  };
  Stats stats() const;

 private:
  struct Entry {
    uint64_t id = 0;
    std::shared_ptr<const ArticleText> text;
    absl::Duration expires;
    absl::Duration renew;  // when it is due; never once it was taken
    bool found = false;    // since it was put
  };
  using Entries = std::list<Entry>;

  // True once for a text that was found and is due.
  bool TakeLocked(uint64_t id, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void ForgetLocked(uint64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_bytes_;
  const Clock& clock_;

  mutable absl::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);  // most recently used first
  absl::flat_hash_map<uint64_t, Entries::iterator> by_id_ ABSL_GUARDED_BY(mutex_);
  // By the second in which they are due; those that were put anew or forgotten meanwhile stand here until
  // then.
  std::map<int64_t, std::vector<uint64_t>> due_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  Stats stats_ ABSL_GUARDED_BY(mutex_);  // but for what is held now
};

}  // namespace readcount::gateway
