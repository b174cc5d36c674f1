#pragma once

#include <string>

#include "absl/status/status.h"
#include "cli/endpoint.h"

namespace readcount::cli {

// Whether the endpoint says, by grpc.health.v1, that `service` (such as readcount.v1.SyncService) serves.
// UNAVAILABLE if it cannot be reached or says no.
absl::Status CheckHealth(const Endpoint& endpoint, const std::string& service);

}  // namespace readcount::cli
