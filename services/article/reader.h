#pragma once

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/article/article.h"
#include "services/article/cache.h"
#include "services/article/loader.h"
#include "services/article/view_recorder.h"

namespace readcount {

// Answers articles with their exact counts, recording views on the way: the whole read path (design of the
// sync protocol, "reading a count exactly").
//
//   1. rows: from the cache, absent ones through the loader. Only articles that exist go on.
//   2. ledger: one call adds the views and returns the pending counts and which batches Redis still holds.
//   3. exactness: a row is exact if no batch beyond its own has left Redis; else it is read again, now.
//
// A slow MySQL holds up only what nobody can answer without it: an article whose text has expired is answered
// from the cache when the patience is over.
//
// Thread-safe.
class ArticleReader {
 public:
  // How long an answer waits for MySQL, at most.
  struct Patience {
    absl::Duration refresh = absl::Milliseconds(250);  // to read expired text again; then the old is answered
    absl::Duration recount = absl::Seconds(1);         // to make a count exact; then it is marked stale
  };

  // All must outlive the reader.
  ArticleReader(ArticleCache& cache, ArticleLoader& loader, ViewRecorder& recorder, Patience patience)
      : cache_(cache), loader_(loader), recorder_(recorder), patience_(patience) {}

  // Of each id the article or why there is none: NOT_FOUND, INVALID_ARGUMENT for 0, RESOURCE_EXHAUSTED
  // (nothing was recorded), UNAVAILABLE (a server is away, nothing was recorded), DEADLINE_EXCEEDED (the
  // article was not read in time, nothing was recorded), UNKNOWN (the view may have been recorded once).
  using Results = absl::InlinedVector<absl::StatusOr<CountedArticle>, 1>;
  using Callback = absl::AnyInvocable<void(Results results)>;

  using Ids = ViewRecorder::Ids;

  struct Options {
    bool record = false;  // one view of each
    bool text = true;     // else the counts only
    bool renew = false;   // read again what will soon expire, and wait for it
    ViewRecorder::Waits waits = ViewRecorder::Waits::kElsewhere;  // for Redis
    absl::Duration first_patience = absl::InfiniteDuration();  // to read an article that is not in the cache
  };

  // Answers `ids` in their order. `callback` runs once, on any thread, or on this one before Read returns.
  // True if the call has gone to the ledger already, so that calls made after it come there later and see no
  // lower counts.
  bool Read(Ids ids, Options options, Callback callback);

 private:
  friend class ReadOperation;

  ArticleCache& cache_;
  ArticleLoader& loader_;
  ViewRecorder& recorder_;
  const Patience patience_;
};

}  // namespace readcount
