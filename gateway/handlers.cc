#include "gateway/handlers.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/admin_token.h"
#include "gateway/errors.h"
#include "gateway/json.h"
#include "services/common/ledger/field.h"

namespace readcount::gateway {
namespace {

Response Ok(std::string body) {
  return {.body = std::move(body)};
}

// Answers with what `render` makes of a success, else with the error.
template <typename T>
Callback<T> Answer(Respond respond, std::string (*render)(const T&)) {
  return [respond = std::move(respond), render](const absl::StatusOr<T>& result) {
    respond(result.ok() ? Ok(render(*result)) : ErrorResponse(result.status()));
  };
}

bool CountsAView(const Request& request) {
  return request.method == Method::kGet && !request.prefetch && request.target.Get("view") != "false";
}

void GetArticle(ArticleBackend& articles, ArticleViews& views, const Request& request,
                const std::string& parameter, Respond respond) {
  const std::optional<uint64_t> id = ParseArticleId(parameter);
  if (!id.has_value()) {
    return respond(ErrorResponse(absl::InvalidArgumentError(
        "the article's id must be a whole number from 1 to 18446744073709551615, in plain digits")));
  }
  const std::string view = request.target.Get("view");
  if (!view.empty() && view != "true" && view != "false") {
    return respond(ErrorResponse(absl::InvalidArgumentError("view: must be true or false")));
  }
  if (CountsAView(request)) {
    views.View(*id, std::move(respond));
  } else {
    articles.Get(*id, Answer<v1::Article>(std::move(respond), ArticleJson));
  }
}

void ListArticles(ArticleBackend& articles, const Request& request, Respond respond) {
  v1::ListArticlesRequest list;
  if (const std::string size = request.target.Get("page_size"); request.target.query.contains("page_size")) {
    int page_size = 0;
    // 0 is "not given" to the service; here it was given. SimpleAtoi alone would take signs and spaces.
    if (!std::all_of(size.begin(), size.end(), absl::ascii_isdigit) || !absl::SimpleAtoi(size, &page_size) ||
        page_size < 1) {
      return respond(
          ErrorResponse(absl::InvalidArgumentError("page_size: must be a whole number from 1 to 100")));
    }
    list.set_page_size(page_size);
  }
  list.set_page_token(request.target.Get("page_token"));
  list.set_author(request.target.Get("author"));
  articles.List(list, Answer<v1::ListArticlesResponse>(std::move(respond), ArticlesJson));
}

void PostSync(SyncBackend& sync, const AdminToken& token, const Request& request, Respond respond) {
  const absl::Status allowed = token.Check(request.authorization);
  if (!allowed.ok()) {
    Response response = ErrorResponse(allowed);
    if (absl::IsUnauthenticated(allowed)) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return respond(std::move(response));
  }
  sync.RunSync("gateway", Answer<v1::SyncRun>(std::move(respond), SyncRunJson));
}

void GetReadiness(HealthBackend& health, const Respond& respond) {
  health.Check([respond](const Readiness& readiness) {
    const auto text = [](const absl::Status& status) {
      return status.ok() ? std::string("serving") : std::string(status.message());
    };
    const bool ready = readiness.article_service.ok();
    Response response =
        Ok(ReadinessJson(ready, text(readiness.article_service), text(readiness.sync_service)));
    if (!ready) {
      response.status = HttpStatusOf(absl::StatusCode::kUnavailable);
      response.headers.emplace_back("Retry-After", "1");
    }
    respond(std::move(response));
  });
}

}  // namespace

std::vector<Route> MakeRoutes(ArticleBackend& articles, ArticleViews& views, SyncBackend& sync,
                              HealthBackend& health, const std::string& admin_token) {
  std::vector<Route> routes;
  routes.push_back(
      {.path = "/api/article/",
       .get = [&articles, &views](const Request& request, const std::string& parameter, Respond respond) {
         GetArticle(articles, views, request, parameter, std::move(respond));
       }});
  routes.push_back({.path = "/api/articles",
                    .get = [&articles](const Request& request, const std::string&, Respond respond) {
                      ListArticles(articles, request, std::move(respond));
                    }});
  routes.push_back({.path = "/api/sync",
                    .get =
                        [&sync](const Request&, const std::string&, Respond respond) {
                          sync.GetStatus(Answer<v1::SyncStatus>(std::move(respond), SyncStatusJson));
                        },
                    .post = [&sync, token = AdminToken(admin_token)](
                                const Request& request, const std::string&,
                                Respond respond) { PostSync(sync, token, request, std::move(respond)); }});
  routes.push_back(
      {.path = "/healthz",
       .get = [](const Request&, const std::string&, const Respond& respond) { respond(Ok(AliveJson())); },
       .unlimited = true});
  routes.push_back(
      {.path = "/readyz", .get = [&health](const Request&, const std::string&, const Respond& respond) {
         GetReadiness(health, respond);
       }});
  return routes;
}

}  // namespace readcount::gateway
