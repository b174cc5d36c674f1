#pragma once

#include <vector>

#include "gateway/router.h"

namespace readcount::gateway {

// The routes of the dashboard and of the API's description.
std::vector<Route> WebRoutes();

}  // namespace readcount::gateway
