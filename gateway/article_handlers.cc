#include "gateway/article_handlers.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "gateway/json.h"
#include "gateway/query.h"
#include "services/common/ledger/field.h"

namespace readcount::gateway {
namespace {

absl::StatusOr<uint64_t> ReadId(absl::string_view text) {
  const std::optional<uint64_t> id = ParseArticleId(text);
  if (id.has_value()) return *id;
  return absl::InvalidArgumentError(
      "the article id must be a whole number from 1 to 18446744073709551615 in plain digits, "
      "as in /api/article/1");
}

// Whether the query leaves the view to be counted.
absl::StatusOr<bool> ReadView(absl::string_view text) {
  if (text.empty()) return true;
  const absl::StatusOr<Query> query = Query::Parse(text);
  if (!query.ok()) return query.status();
  const absl::StatusOr<std::optional<std::string>> view = query->Get("view");
  if (!view.ok()) return view.status();
  if (!view->has_value() || *view == "true") return true;
  if (*view == "false") return false;
  return absl::InvalidArgumentError("view: must be true or false");
}

absl::StatusOr<v1::ListArticlesRequest> ReadList(absl::string_view text) {
  const absl::StatusOr<Query> query = Query::Parse(text);
  if (!query.ok()) return query.status();
  v1::ListArticlesRequest list;
  absl::StatusOr<std::optional<std::string>> value = query->Get("page_size");
  if (!value.ok()) return value.status();
  int32_t page_size = 0;
  if (value->has_value() && !absl::SimpleAtoi(**value, &page_size)) {
    return absl::InvalidArgumentError("page_size: must be a whole number from 1 to 100");
  }
  list.set_page_size(page_size);
  value = query->Get("page_token");
  if (!value.ok()) return value.status();
  list.set_page_token(std::move(*value)->value_or(""));
  value = query->Get("author");
  if (!value.ok()) return value.status();
  list.set_author(std::move(*value)->value_or(""));
  return list;
}

Answer<v1::Article> RespondWithArticle(Respond respond) {
  return [respond = std::move(respond)](const absl::StatusOr<const v1::Article*>& article) mutable {
    respond(article.ok() ? OkResponse(ArticleJson(**article)) : ErrorResponse(article.status()));
  };
}

}  // namespace

void ArticleHandlers::Get(const Request& request, Respond respond) const {
  const absl::StatusOr<uint64_t> id = ReadId(request.path_parameter);
  if (!id.ok()) return respond(ErrorResponse(id.status()));
  const absl::StatusOr<bool> view = ReadView(request.query);
  if (!view.ok()) return respond(ErrorResponse(view.status()));
  if (*view && request.head.method == Method::kGet && !request.head.prefetch) {
    backend_.View(*id, RespondWithArticle(std::move(respond)));
  } else {
    backend_.Get(*id, RespondWithArticle(std::move(respond)));
  }
}

void ArticleHandlers::List(const Request& request, Respond respond) const {
  absl::StatusOr<v1::ListArticlesRequest> list = ReadList(request.query);
  if (!list.ok()) return respond(ErrorResponse(list.status()));
  backend_.List(*std::move(list), [respond = std::move(respond)](
                                      const absl::StatusOr<const v1::ListArticlesResponse*>& page) mutable {
    respond(page.ok() ? OkResponse(ArticleListJson(**page)) : ErrorResponse(page.status()));
  });
}

}  // namespace readcount::gateway
