#pragma once

#include <vector>

#include "gateway/admin_token.h"
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
// ignored. Whatever takes POST changes something, and asks for the token.
std::vector<Route> MakeRoutes(const HandlerParts& parts, const AdminToken& token);

}  // namespace readcount::gateway
