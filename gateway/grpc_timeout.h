#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace readcount::gateway {

// Reads a Grpc-Timeout as gRPC over HTTP/2 defines it: 1 to 8 digits and a unit, H, M, S, m (milliseconds), u
// (microseconds) or n (nanoseconds). INVALID_ARGUMENT, saying how to write it, for anything else.
absl::StatusOr<absl::Duration> ParseGrpcTimeout(absl::string_view text);

}  // namespace readcount::gateway
