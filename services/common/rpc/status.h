#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace readcount {

// What a caller is told of an inner error. That a server behind the service refuses its login, or lacks a
// table that it needs (PERMISSION_DENIED, FAILED_PRECONDITION), says nothing of the caller or its request: to
// the caller the service is UNAVAILABLE.
absl::Status ForCaller(const absl::Status& status);

// The one place where inner errors become gRPC's, as ForCaller has them, and back. Codes map by number.
// UNKNOWN means a write whose outcome is not known; it stays apart from UNAVAILABLE, which client libraries
// repeat by themselves.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace readcount
