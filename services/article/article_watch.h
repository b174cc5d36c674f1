#pragma once

#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "readcount/v1/article_service.pb.h"
#include "services/article/reader.h"
#include "services/common/feed/count_feed.h"
#include "services/common/rpc/newest_stream.h"

namespace readcount {

// The WatchArticle streams that are open: one reading of an article's count, twice a second, serves all of
// its watchers. Thread-safe.
class ArticleWatches {
 public:
  static constexpr size_t kMaxArticles = 100'000;  // watched at once

  // Both must outlive the watches; `meter` is the method's.
  ArticleWatches(ArticleReader& reader, MethodMeter& meter);

  // Ends every stream and waits for the end.
  ~ArticleWatches();
  ArticleWatches(const ArticleWatches&) = delete;
  ArticleWatches& operator=(const ArticleWatches&) = delete;

  // A reactor for a new stream: the count at once, then when it changes. The stream ends with NOT_FOUND when
  // the article is gone; with INVALID_ARGUMENT, RESOURCE_EXHAUSTED or UNAVAILABLE if it cannot begin.
  grpc::ServerWriteReactor<v1::WatchArticleResponse>* Open(uint64_t id);

  // Reads the counts that are watched. To be called a few times a second.
  void Poll() { feed_->Poll(); }

  // Ends every stream, and those opened later at once, with UNAVAILABLE.
  void EndAll() { streams_.EndAll(); }

 private:
  using Stream = NewestStream<v1::WatchArticleResponse>;

  void Read(const std::vector<uint64_t>& ids, const CountFeed::Done& done);
  void Begin(const std::shared_ptr<Stream>& stream, uint64_t id, const absl::StatusOr<FedCount>& first);
  bool NothingIsRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return reads_ == 0; }
  static void Tell(Stream& stream, uint64_t id, const absl::StatusOr<FedCount>& count);

  ArticleReader& reader_;
  const std::shared_ptr<CountFeed> feed_;

  absl::Mutex mutex_;
  int reads_ ABSL_GUARDED_BY(mutex_) = 0;  // under way, for a stream's first count or for the feed

  NewestStreams<v1::WatchArticleResponse> streams_;  // after the feed, which tells them
};

}  // namespace readcount
