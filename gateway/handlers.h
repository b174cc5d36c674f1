#pragma once

#include <string>
#include <vector>

#include "gateway/article_views.h"
#include "gateway/backends.h"
#include "gateway/router.h"

namespace readcount::gateway {

// The REST API's route table:
//   GET  /api/article/{id}  the article, one view counted; not counted for HEAD, ?view=false and prefetches
//   GET  /api/articles      a page: page_size, page_token, author
//   GET  /api/sync          the syncer's status
//   POST /api/sync          runs a sync; asks for `Authorization: Bearer <admin_token>`
//   GET  /healthz           200 while the process lives
//   GET  /readyz            200 if ArticleService serves
// Unknown query parameters are ignored. The backends and `views` must outlive the routes.
std::vector<Route> MakeRoutes(ArticleBackend& articles, ArticleViews& views, SyncBackend& sync,
                              HealthBackend& health, const std::string& admin_token);

}  // namespace readcount::gateway
