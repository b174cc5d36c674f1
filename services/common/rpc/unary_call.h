#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "services/common/rpc/rpc_meter.h"
#include "services/common/rpc/status.h"

namespace readcount {

// A unary call that a service answers, and what its meter hears of it. A copy is the same call; one of them
// answers it, once. Costs no memory beyond what gRPC has for the call.
class UnaryCall {
 public:
  // `meter` must outlive the call.
  UnaryCall(grpc::CallbackServerContext& context, MethodMeter& meter)
      : reactor_(context.DefaultReactor()), metered_(meter) {}

  // After this the request, the response and the context may be gone.
  void Answer(const absl::Status& status) const {
    const grpc::Status told = ToGrpc(status);
    metered_.End(static_cast<absl::StatusCode>(told.error_code()));
    reactor_->Finish(told);
  }

  // What the service's method returns to gRPC.
  grpc::ServerUnaryReactor* reactor() const { return reactor_; }

 private:
  grpc::ServerUnaryReactor* reactor_;
  MeteredCall metered_;
};

}  // namespace readcount
