#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gateway/backends.h"
#include "gateway/http.h"
#include "gateway/stream_limit.h"
#include "services/common/feed/count_feed.h"

namespace readcount::gateway {

// The event streams of articles' counts. One reading of a count serves all who watch the article; a client
// that does not read costs one event an article. Thread-safe.
//
// Events: `count` {"id","read_count"} at once and at every change; `gone` {"id"} when the article is, within
// article.count_ttl; `unavailable` {"code","message"} when ArticleService is, until the next
// count.
class ArticleEvents {
 public:
  static constexpr size_t kMostArticles = 100;     // of one stream
  static constexpr size_t kMostWatched = 100'000;  // of all streams

  // Both must outlive the object, which streams and requests under way may outlive.
  ArticleEvents(ArticleBackend& articles, StreamLimit& limit);

  // Responds with a stream of one article's events, or with why there is none.
  void Open(const Request& request, uint64_t id, Respond respond);

  // The same for several articles, each once; of those that are absent `gone` is told.
  void OpenAll(const Request& request, const std::vector<uint64_t>& ids, Respond respond);

  // Reads the counts that are watched. To be called a few times a second.
  void Poll() { feed_->Poll(); }

 private:
  enum class Absent { kRefused, kTold };
  void Open(const Request& request, const std::vector<uint64_t>& ids, Absent absent, Respond respond);
  ArticleBackend& articles_;
  StreamLimit& limit_;
  const std::shared_ptr<CountFeed> feed_;
};

}  // namespace readcount::gateway
