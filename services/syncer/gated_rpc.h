#pragma once

#include <grpcpp/support/server_callback.h>

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "readcount/v1/sync_service.grpc.pb.h"
#include "services/common/auth/auth_gate.h"
#include "services/common/base/now_and_then.h"
#include "services/common/rpc/rpc_meter.h"

namespace readcount {

// readcount.v1.SyncService as the server offers it: calls that the gate lets through go on to `inner`, which
// is registered nowhere itself, so that a method can be reached only by way of the gate. Whatever is not in
// the list of methods that only read needs credentials.
class GatedSyncRpc final : public v1::SyncService::CallbackService {
 public:
  // All must outlive the server that this is registered with. `meter` hears of calls that are refused; of the
  // others `inner` tells it.
  GatedSyncRpc(AuthGate& gate, v1::SyncService::CallbackService& inner, RpcMeter& meter)
      : gate_(gate), inner_(inner), meter_(meter) {}

  // What calling a method asks for, by its name without the service's.
  static AuthGate::Access AccessTo(absl::string_view method);

  grpc::ServerUnaryReactor* RunSync(grpc::CallbackServerContext* context, const v1::RunSyncRequest* request,
                                    v1::RunSyncResponse* response) override;
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchStatusResponse>* WatchStatus(
      grpc::CallbackServerContext* context, const v1::WatchStatusRequest* request) override;
  grpc::ServerUnaryReactor* ListSyncRuns(grpc::CallbackServerContext* context,
                                         const v1::ListSyncRunsRequest* request,
                                         v1::ListSyncRunsResponse* response) override;
  grpc::ServerUnaryReactor* Audit(grpc::CallbackServerContext* context, const v1::AuditRequest* request,
                                  v1::AuditResponse* response) override;
  grpc::ServerUnaryReactor* ListDeadLetters(grpc::CallbackServerContext* context,
                                            const v1::ListDeadLettersRequest* request,
                                            v1::ListDeadLettersResponse* response) override;
  grpc::ServerUnaryReactor* RetryDeadLetters(grpc::CallbackServerContext* context,
                                             const v1::RetryDeadLettersRequest* request,
                                             v1::RetryDeadLettersResponse* response) override;
  grpc::ServerUnaryReactor* DropDeadLetters(grpc::CallbackServerContext* context,
                                            const v1::DropDeadLettersRequest* request,
                                            v1::DropDeadLettersResponse* response) override;

 private:
  absl::Status Check(absl::string_view method, const grpc::CallbackServerContext& context);
  grpc::ServerUnaryReactor* Pass(const std::string& method, grpc::CallbackServerContext* context,
                                 absl::FunctionRef<grpc::ServerUnaryReactor*()> call);

  AuthGate& gate_;
  v1::SyncService::CallbackService& inner_;
  RpcMeter& meter_;
  NowAndThen log_{SystemClock()};
};

}  // namespace readcount
