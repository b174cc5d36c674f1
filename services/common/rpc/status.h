#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace readcount {

// The one place where inner errors become gRPC's, and back. Codes map by number. UNKNOWN means a
// write whose outcome is not known; it stays apart from UNAVAILABLE, which client libraries repeat by
// themselves.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace readcount
