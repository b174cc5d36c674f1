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

// The route table; gateway/web/openapi.json describes each route in full. Unknown query parameters are
// ignored.
std::vector<Route> MakeRoutes(const HandlerParts& parts, const std::string& admin_token);

}  // namespace readcount::gateway
