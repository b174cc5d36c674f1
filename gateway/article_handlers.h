#pragma once

#include <vector>

#include "gateway/handlers.h"
#include "gateway/router.h"

namespace readcount::gateway {

// The routes of articles and of the service that keeps them.
std::vector<Route> ArticleRoutes(const HandlerParts& parts);

}  // namespace readcount::gateway
