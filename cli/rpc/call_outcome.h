#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

namespace readcount::cli {

// Whether the views of a call or stream that failed were certainly not counted: nothing was sent, or the
// service refused it or says so. A broken connection, and what gRPC may say in the service's place, is no
// certainty. `call` is the context of what has ended with `status`.
bool IsKnownUncounted(const grpc::Status& status, const grpc::ClientContext& call);

// Whether the answer to a call was lost, so that the service may have done what was asked, or do it yet: the
// connection broke after it was made, or the answer did not come in time.
bool IsAnswerLost(const grpc::Status& status, const grpc::ClientContext& call);

}  // namespace readcount::cli
