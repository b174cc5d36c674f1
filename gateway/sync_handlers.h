#pragma once

#include <vector>

#include "gateway/handlers.h"
#include "gateway/router.h"

namespace readcount::gateway {

// The routes of the syncer.
std::vector<Route> SyncRoutes(const HandlerParts& parts);

}  // namespace readcount::gateway
