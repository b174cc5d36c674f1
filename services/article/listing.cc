#include "services/article/listing.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/article/page_token.h"

namespace readcount {
namespace {

constexpr absl::string_view kNewest = "newest";

absl::StatusOr<PageQuery> ToQuery(const ListRequest& request) {
  if (request.page_size < 0 || request.page_size > ArticleListing::kMaxPageSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size: is ", request.page_size, ", must be 1 to ", ArticleListing::kMaxPageSize));
  }
  if (!request.order_by.empty() && request.order_by != kNewest) {
    return absl::InvalidArgumentError(
        absl::StrCat("order_by: must be ", kNewest,
                     " or empty; the table has no index on anything else, the counts among them"));
  }
  if (request.author.size() > ArticleListing::kMaxAuthorBytes) {
    return absl::InvalidArgumentError("author: is longer than the 50 characters an author can have");
  }
  PageQuery query{.author = request.author};
  query.limit = request.page_size == 0 ? ArticleListing::kDefaultPageSize : request.page_size;
  if (!request.page_token.empty()) {
    absl::StatusOr<PageKey> after = ParsePageToken(request.page_token, request.author);
    if (!after.ok()) return after.status();
    query.after = *after;
  }
  return query;
}

// An article that was deleted since its key was read is left out; any other error fails the page.
absl::StatusOr<ArticlePage> ToPage(ArticleReader::Results results, std::string next_page_token) {
  ArticlePage page{.next_page_token = std::move(next_page_token)};
  page.articles.reserve(results.size());
  for (absl::StatusOr<CountedArticle>& result : results) {
    if (result.ok()) {
      page.articles.push_back(*std::move(result));
    } else if (!absl::IsNotFound(result.status())) {
      return result.status();
    }
  }
  return page;
}

}  // namespace

void ArticleListing::List(const ListRequest& request, const Callback& callback) {
  const absl::StatusOr<PageQuery> query = ToQuery(request);
  if (!query.ok()) return callback(query.status());
  if (!threads_.TryPost([this, query = *query, callback] { ListKeys(query, callback); }, kMaxQueued)) {
    callback(absl::ResourceExhaustedError(
        absl::StrCat(kMaxQueued, " lists wait for MySQL, which is the limit: try later")));
  }
}

void ArticleListing::ListKeys(const PageQuery& query, const Callback& callback) {
  // One more than the page tells whether there is another page.
  PageQuery wider = query;
  ++wider.limit;
  absl::StatusOr<std::vector<PageKey>> keys = repository_.ListKeys(wider);
  if (!keys.ok()) return callback(keys.status());
  std::string next_page_token;
  if (keys->size() > static_cast<size_t>(query.limit)) {
    keys->pop_back();
    next_page_token = MakePageToken(keys->back(), query.author);
  }
  ArticleReader::Ids ids;
  ids.reserve(keys->size());
  for (const PageKey& key : *keys) ids.push_back(key.id);
  if (ids.empty()) return callback(ArticlePage());
  reader_.Read(std::move(ids), {.record = false},
               [callback, token = std::move(next_page_token)](ArticleReader::Results results) {
                 callback(ToPage(std::move(results), token));
               });
}

}  // namespace readcount
