#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
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
// Thread-safe.
class ArticleReader {
 public:
  // All must outlive the reader.
  ArticleReader(ArticleCache& cache, ArticleLoader& loader, ViewRecorder& recorder)
      : cache_(cache), loader_(loader), recorder_(recorder) {}

  // Of each id the article or why there is none: NOT_FOUND, INVALID_ARGUMENT for 0, RESOURCE_EXHAUSTED
  // (nothing was recorded), UNAVAILABLE (a server is away, nothing was recorded), UNKNOWN (the view may have
  // been recorded once).
  using Results = std::vector<absl::StatusOr<CountedArticle>>;
  using Callback = std::function<void(Results results)>;

  // Answers `ids` in their order, with one view of each recorded if `record`. `callback` runs once, on any
  // thread.
  void Read(std::vector<uint64_t> ids, bool record, Callback callback);

 private:
  friend class ReadOperation;

  ArticleCache& cache_;
  ArticleLoader& loader_;
  ViewRecorder& recorder_;
};

}  // namespace readcount
