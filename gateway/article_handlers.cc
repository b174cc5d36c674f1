#include "gateway/article_handlers.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_split.h"
#include "gateway/answer.h"
#include "gateway/json.h"
#include "services/common/ledger/field.h"

namespace readcount::gateway {
namespace {

constexpr int kMostArticlesOfAPage = 100;

absl::StatusOr<uint64_t> ToId(absl::string_view text) {
  const std::optional<uint64_t> id = ParseArticleId(text);
  if (id.has_value()) return *id;
  return absl::InvalidArgumentError(
      "the article's id must be a whole number from 1 to 18446744073709551615, in plain digits");
}

bool CountsAView(const Request& request) {
  return request.method == Method::kGet && !request.prefetch && request.target.Get("view") != "false";
}

void GetArticle(const HandlerParts& parts, const Request& request, const std::string& parameter,
                Respond respond) {
  const absl::StatusOr<uint64_t> id = ToId(parameter);
  if (!id.ok()) return respond(ErrorResponse(id.status()));
  const std::string view = request.target.Get("view");
  if (!view.empty() && view != "true" && view != "false") {
    return respond(ErrorResponse(absl::InvalidArgumentError("view: must be true or false")));
  }
  if (CountsAView(request)) {
    parts.views.View(*id, request.timeout, std::move(respond));
  } else {
    parts.articles.Get(*id, OptionsOf(request), Answer<v1::Article>(std::move(respond), ArticleJson));
  }
}

void WatchArticle(const HandlerParts& parts, const Request& request, const std::string& parameter,
                  Respond respond) {
  const absl::StatusOr<uint64_t> id = ToId(parameter);
  if (!id.ok()) return respond(ErrorResponse(id.status()));
  parts.article_events.Open(request, *id, std::move(respond));
}

// The ids of a list without doubles.
absl::StatusOr<std::vector<uint64_t>> ToIds(absl::string_view list) {
  std::vector<uint64_t> ids;
  for (const absl::string_view each : absl::StrSplit(list, ',')) {
    const absl::StatusOr<uint64_t> id = ToId(each);
    if (id.ok() && std::ranges::find(ids, *id) != ids.end()) continue;
    if (!id.ok() || ids.size() == ArticleEvents::kMostArticles) {
      return absl::InvalidArgumentError(absl::StrCat("ids: must be 1 to ", ArticleEvents::kMostArticles,
                                                     " articles' ids, separated by commas"));
    }
    ids.push_back(*id);
  }
  return ids;
}

void WatchArticles(const HandlerParts& parts, const Request& request, Respond respond) {
  const absl::StatusOr<std::vector<uint64_t>> ids = ToIds(request.target.Get("ids"));
  if (!ids.ok()) return respond(ErrorResponse(ids.status()));
  parts.article_events.OpenAll(request, *ids, std::move(respond));
}

void ListArticles(ArticleBackend& articles, const Request& request, Respond respond) {
  const absl::StatusOr<int> page_size = PageSizeOf(request, kMostArticlesOfAPage);
  if (!page_size.ok()) return respond(ErrorResponse(page_size.status()));
  v1::ListArticlesRequest list;
  list.set_page_size(*page_size);
  list.set_page_token(request.target.Get("page_token"));
  list.set_author(request.target.Get("author"));
  list.set_order_by(request.target.Get("order_by"));
  articles.List(list, OptionsOf(request), Answer<v1::ListArticlesResponse>(std::move(respond), ArticlesJson));
}

}  // namespace

std::vector<Route> ArticleRoutes(const HandlerParts& parts) {
  return {
      // Asked for more than all others together: first, and never compressed.
      {.path = "/api/article/{id}",
       .get = [parts](const Request& request, const std::string& parameter,
                      Respond respond) { GetArticle(parts, request, parameter, std::move(respond)); },
       .compressible = false},
      {.path = "/api/article/{id}/events",
       .get = [parts](const Request& request, const std::string& parameter,
                      Respond respond) { WatchArticle(parts, request, parameter, std::move(respond)); },
       .offers = "text/event-stream",
       .compressible = false},
      {.path = "/api/articles",
       .get = [parts](const Request& request, const std::string&,
                      Respond respond) { ListArticles(parts.articles, request, std::move(respond)); }},
      {.path = "/api/articles/events",
       .get = [parts](const Request& request, const std::string&,
                      Respond respond) { WatchArticles(parts, request, std::move(respond)); },
       .offers = "text/event-stream",
       .compressible = false},
      {.path = "/api/status", .get = [parts](const Request& request, const std::string&, Respond respond) {
         parts.articles.GetStatus(OptionsOf(request),
                                  Answer<v1::ArticleServiceStatus>(std::move(respond), ArticleStatusJson));
       }}};
}

}  // namespace readcount::gateway
