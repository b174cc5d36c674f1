#include "gateway/handlers.h"

#include <iterator>
#include <memory>
#include <utility>

#include "gateway/answer.h"
#include "gateway/article_handlers.h"
#include "gateway/errors.h"
#include "gateway/json.h"
#include "gateway/sync_handlers.h"
#include "gateway/web_handlers.h"
#include "services/common/base/log.h"
#include "services/common/base/now_and_then.h"

namespace readcount::gateway {
namespace {

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

// Probes are answered whatever they accept.
std::vector<Route> ProbeRoutes(HealthBackend& health) {
  return {
      {.path = "/healthz",
       .get = [](const Request&, const std::string&, const Respond& respond) { respond(Ok(AliveJson())); },
       .unlimited = true,
       .offers = ""},
      {.path = "/readyz",
       .get = [&health](const Request&, const std::string&,
                        const Respond& respond) { GetReadiness(health, respond); },
       .probe = true,
       .offers = ""}};
}

Handler Guarded(Handler handler, const AdminToken& token) {
  return [handler = std::move(handler), token, log = std::make_shared<NowAndThen>(SystemClock())](
             const Request& request, const std::string& parameter, Respond respond) {
    const absl::Status allowed = token.Check(request.authorization);
    if (allowed.ok()) return handler(request, parameter, std::move(respond));
    if (log->IsDue()) {
      Log(LogLevel::kWarning, "request_refused",
          {{"path", request.target.path}, {"client", request.client}, {"why", allowed.message()}});
    }
    respond(ErrorResponse(allowed));
  };
}

}  // namespace

std::vector<Route> MakeRoutes(const HandlerParts& parts, const AdminToken& token) {
  std::vector<Route> routes;
  for (std::vector<Route> group :
       {ArticleRoutes(parts), SyncRoutes(parts), ProbeRoutes(parts.health), WebRoutes()}) {
    routes.insert(routes.end(), std::make_move_iterator(group.begin()), std::make_move_iterator(group.end()));
  }
  for (Route& route : routes) {
    if (route.post) route.post = Guarded(std::move(route.post), token);
  }
  return routes;
}

}  // namespace readcount::gateway
