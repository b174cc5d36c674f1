#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/article/reader.h"
#include "services/article/repository.h"
#include "services/common/base/thread_pool.h"

namespace readcount {

struct ArticlePage {
  std::vector<CountedArticle> articles;  // newest first
  std::string next_page_token;           // empty on the last page
};

struct ListRequest {
  int page_size = 0;  // 0: the default
  std::string page_token;
  std::string author;    // empty: everyone's
  std::string order_by;  // "newest" or empty
};

// Pages of articles: keys from the table's indexes, then each article as ArticleReader answers it.
// Thread-safe.
class ArticleListing {
 public:
  static constexpr int kDefaultPageSize = 20;
  static constexpr int kMaxPageSize = 100;
  static constexpr size_t kMaxQueued = 64;        // calls that may wait for a thread
  static constexpr size_t kMaxAuthorBytes = 200;  // 50 characters of up to 4 bytes, as the column holds

  // All must outlive the listing; its queries run on `threads`.
  ArticleListing(ArticleRepository& repository, ArticleReader& reader, ThreadPool& threads)
      : repository_(repository), reader_(reader), threads_(threads) {}

  using Callback = std::function<void(const absl::StatusOr<ArticlePage>&)>;

  // INVALID_ARGUMENT names the field that is wrong; RESOURCE_EXHAUSTED if too many calls wait; other errors
  // are the repository's and the reader's.
  void List(const ListRequest& request, const Callback& callback);

 private:
  void ListKeys(const PageQuery& query, const Callback& callback);

  ArticleRepository& repository_;
  ArticleReader& reader_;
  ThreadPool& threads_;
};

}  // namespace readcount
