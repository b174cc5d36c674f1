#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include "absl/status/statusor.h"
#include "cli/rpc/channel.h"

namespace readcount::cli {

// Calls `method` of the blocking stub, with the endpoint's token and timeout. Errors as of Explained.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> CallUnary(Stub& stub,
                                   grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                                Response*),
                                   const Request& request, const Endpoint& endpoint) {
  grpc::ClientContext call;
  PrepareCall(call, endpoint);
  Response response;
  if (const grpc::Status status = (stub.*method)(&call, request, &response); !status.ok())
    return Explained(status, endpoint);
  return response;
}

}  // namespace readcount::cli
