#pragma once

#include <string>
#include <vector>

#include "gateway/article_events.h"
#include "gateway/article_views.h"
#include "gateway/backends.h"
#include "gateway/router.h"
#include "gateway/status_events.h"
#include "services/common/base/clock.h"

namespace readcount::gateway {

// What the handlers work with; all of it must outlive the routes and the requests under way.
struct HandlerParts {
  ArticleBackend& articles;
  ArticleViews& views;
  ArticleEvents& article_events;
  SyncBackend& sync;
  StatusEvents& status_events;
  HealthBackend& health;
  const Clock& clock;
};

// The route table, which gateway/web/openapi.json describes in full:
//   GET  /api/article/{id}         the article, one view counted; not counted for HEAD, ?view=false,
//   prefetches GET  /api/article/{id}/events  its count, as events GET  /api/articles             a page:
//   page_size, page_token, author, order_by GET  /api/articles/events      the counts of ?ids=1,2,3, as
//   events GET  /api/status               ArticleService's status GET  /api/sync                 the syncer's
//   status POST /api/sync                 runs a sync; asks for `Authorization: Bearer <admin_token>` GET
//   /api/sync/events          the syncer's status, as events GET  /api/sync/runs            the history:
//   page_size, page_token GET  /api/sync/audit           the books GET  /healthz                  200 while
//   the process lives GET  /readyz                   200 if ArticleService serves GET  / /docs /openapi.json
//   /web/{file}  the dashboard and the API's description
// Unknown query parameters are ignored.
std::vector<Route> MakeRoutes(const HandlerParts& parts, const std::string& admin_token);

}  // namespace readcount::gateway
