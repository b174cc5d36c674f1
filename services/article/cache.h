#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/random/random.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/article/article.h"
#include "services/article/count_table.h"
#include "services/common/base/clock.h"
#include "services/common/ledger/state.h"

namespace readcount {

// Articles by id: their counts in a table of fixed size, their texts bounded in memory, and ids known to be
// absent, bounded in number; the least recently used texts and absences go first. Expiry concerns text and
// existence only: whether a row's count is exact is decided by comparing its epoch with the ledger's, never
// by age. Thread-safe.
class ArticleCache {
 public:
  struct Settings {
    size_t bytes = 0;            // memory for texts
    size_t counts = 0;           // articles whose counts are remembered
    size_t absent_capacity = 0;  // absent ids
    absl::Duration ttl;          // of text; shortened at random by up to 20 %, so that rows expire one by one
    absl::Duration
        count_ttl;  // of a count whose text nobody asks for: that the article exists; shortened alike
    absl::Duration absent_ttl;  // of absence
  };

  ArticleCache(Settings settings, const Clock& clock)
      : settings_(settings), clock_(clock), counts_(settings.counts) {}

  enum class State {
    kUnknown,  // must be read; there is no row
    kAbsent,   // known not to exist
    kExpired,  // has reached its age: read it again, use the row only if that fails
    kAgeing,   // will soon: have it read again meanwhile
    kFresh,
  };
  struct Lookup {
    State state = State::kUnknown;
    ArticleRow row;

    bool known() const { return state != State::kUnknown && state != State::kAbsent; }
  };

  // With `text` false the text is neither needed nor given, and its age does not matter.
  Lookup Find(uint64_t id, bool text);
  // Of each id what Find says, in their order.
  using Lookups = absl::InlinedVector<Lookup, 1>;
  Lookups FindAll(absl::Span<const uint64_t> ids, bool text);

  // Remembers a row just loaded, unless a newer one of the same history is there: one that has a later batch
  // or, of the same epoch, the greater count. Returns what is now cached. A count that somebody lowered in
  // MySQL, or a retried dead letter that took views away, is so seen with the next batch.
  ArticleRow Put(const ArticleRow& row);

  // Remembers that there is no such article, and forgets its row.
  void PutAbsent(uint64_t id);

  // A count as it was answered, exact at `state` in `history`.
  struct Answered {
    uint64_t id = 0;
    uint64_t count = 0;
    bool folds = false;        // the row may take the sealed batch in
    int64_t sealed_views = 0;  // of the sealed batch
  };
  // Remembers what was shown. A row that folds steps forward by the sealed batch after the one it has: its
  // count includes it from now on; unless the row is not at that place any more.
  void NoteAnswers(uint64_t history, const LedgerState& state, absl::Span<const Answered> answers);

  // For counts that cannot be made exact: the greatest count that was shown of the article so far, or
  // `at_least` if that is greater; plus `views`. It is shown from now on.
  uint64_t ShowAtLeast(uint64_t id, uint64_t at_least, uint64_t views = 0);

  // Since the start, and what is held now.
  struct Stats {
    uint64_t hits = 0, expired = 0, absent = 0, misses = 0;  // what Find found; each id in one of them
    uint64_t loaded = 0, loaded_absent = 0;                  // Put and PutAbsent
    uint64_t evicted = 0;                                    // texts, for want of room
    size_t articles = 0, absent_ids = 0;                     // with text
    size_t bytes = 0, max_bytes = 0;                         // of texts
  };
  Stats stats() const;

 private:
  struct Text {
    std::shared_ptr<const Article> article;
    absl::Duration expires;
    size_t bytes = 0;
  };
  struct Absence {
    uint64_t id = 0;
    absl::Duration expires;
  };

  static State AgeOf(absl::Duration now, absl::Duration expires, absl::Duration ttl);
  Lookup FindLocked(uint64_t id, bool text, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountLookupLocked(State state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsAbsentLocked(uint64_t id, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Duration ShortenedLocked(absl::Duration ttl) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PutTextLocked(const std::shared_ptr<const Article>& article, absl::Duration expires)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetTextLocked(uint64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetAbsenceLocked(uint64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Settings settings_;
  const Clock& clock_;

  mutable absl::Mutex mutex_;
  absl::InsecureBitGen random_ ABSL_GUARDED_BY(mutex_);
  CountTable counts_ ABSL_GUARDED_BY(mutex_);
  std::list<Text> texts_ ABSL_GUARDED_BY(mutex_);  // most recently used first
  absl::flat_hash_map<uint64_t, std::list<Text>::iterator> text_by_id_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  Stats stats_ ABSL_GUARDED_BY(mutex_);                  // but for what is held now
  std::list<Absence> absences_ ABSL_GUARDED_BY(mutex_);  // newest first
  absl::flat_hash_map<uint64_t, std::list<Absence>::iterator> absent_ ABSL_GUARDED_BY(mutex_);
};

// `count` with `views` added, kept within 0 and 2^64 - 1.
uint64_t AddViews(uint64_t count, int64_t views);

}  // namespace readcount
