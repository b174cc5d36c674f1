#include "gateway/article_views.h"

#include <memory>
#include <utility>

#include "gateway/errors.h"
#include "gateway/json.h"

namespace readcount::gateway {
namespace {

void Fail(TextCache& texts, uint64_t id, const absl::Status& error, const Respond& respond) {
  if (absl::IsNotFound(error)) texts.Forget(id);
  respond(ErrorResponse(error));
}

}  // namespace

void ArticleViews::View(uint64_t id, absl::Duration timeout, Respond respond) {
  if (std::shared_ptr<const ArticleText> text = texts_.Find(id); text != nullptr) {
    ViewKnown(id, timeout, std::move(text), std::move(respond));
  } else {
    ViewWhole(id, timeout, std::move(respond));
  }
}

void ArticleViews::ViewKnown(uint64_t id, absl::Duration timeout, std::shared_ptr<const ArticleText> text,
                             Respond respond) {
  articles_.View(id, /*text=*/false, timeout,
                 [&texts = texts_, id, text = std::move(text),
                  respond = std::move(respond)](const absl::StatusOr<v1::Article>& counted) {
                   if (!counted.ok()) return Fail(texts, id, counted.status(), respond);
                   respond({.body = ArticleJson(*text, counted->read_count(), counted->read_count_stale())});
                 });
}

void ArticleViews::ViewWhole(uint64_t id, absl::Duration timeout, Respond respond) {
  articles_.View(
      id, /*text=*/true, timeout,
      [&texts = texts_, id, respond = std::move(respond)](const absl::StatusOr<v1::Article>& article) {
        if (!article.ok()) return Fail(texts, id, article.status(), respond);
        texts.Keep(*article);
        respond({.body = ArticleJson(*article)});
      });
}

}  // namespace readcount::gateway
