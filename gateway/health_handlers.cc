#include "gateway/health_handlers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/json.h"

namespace readcount::gateway {

void HealthHandlers::Alive(const Request&, Respond respond) const {
  respond(OkResponse(AliveJson()));
}

void HealthHandlers::Ready(const Request&, Respond respond) const {
  backend_.Check([respond = std::move(respond)](const Readiness& readiness) mutable {
    const ServiceState& article = readiness.article_service;
    const ServiceState& sync = readiness.sync_service;
    if (article.serving) return respond(OkResponse(ReadyJson(article.text, sync.text)));
    respond(ErrorResponse(absl::UnavailableError(
        absl::StrCat("not ready: ArticleService is ", article.text, "; SyncService is ", sync.text))));
  });
}

}  // namespace readcount::gateway
