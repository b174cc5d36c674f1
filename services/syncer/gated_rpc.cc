#include "services/syncer/gated_rpc.h"

#include <algorithm>
#include <iterator>

#include "services/common/base/log.h"
#include "services/common/rpc/credentials.h"
#include "services/common/rpc/status.h"
#include "services/common/rpc/unary_call.h"

namespace readcount {
namespace {

constexpr absl::string_view kReadOnly[] = {"Audit", "GetStatus", "ListDeadLetters", "ListSyncRuns",
                                           "WatchStatus"};

// A stream that is refused as soon as it is opened.
class RefusedWatch final : public grpc::ServerWriteReactor<v1::WatchStatusResponse> {
 public:
  explicit RefusedWatch(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

AuthGate::Access GatedSyncRpc::AccessTo(absl::string_view method) {
  const bool reads = std::find(std::begin(kReadOnly), std::end(kReadOnly), method) != std::end(kReadOnly);
  return reads ? AuthGate::Access::kRead : AuthGate::Access::kChange;
}

absl::Status GatedSyncRpc::Check(absl::string_view method, const grpc::CallbackServerContext& context) {
  absl::Status allowed = gate_.Check(AccessTo(method), CallerOf(context));
  if (allowed.ok()) return allowed;
  if (log_.IsDue()) {
    Log(LogLevel::kWarning, "call_refused",
        {{"method", method}, {"peer", context.peer()}, {"why", allowed.message()}});
  }
  return allowed;
}

grpc::ServerUnaryReactor* GatedSyncRpc::Pass(const std::string& method, grpc::CallbackServerContext* context,
                                             absl::FunctionRef<grpc::ServerUnaryReactor*()> call) {
  const absl::Status allowed = Check(method, *context);
  if (allowed.ok()) return call();
  const UnaryCall refused(*context, meter_.Method(method));
  refused.Answer(allowed);
  return refused.reactor();
}

grpc::ServerWriteReactor<v1::WatchStatusResponse>* GatedSyncRpc::WatchStatus(
    grpc::CallbackServerContext* context, const v1::WatchStatusRequest* request) {
  constexpr char kMethod[] = "WatchStatus";
  const absl::Status allowed = Check(kMethod, *context);
  if (!allowed.ok()) {
    MeteredCall(meter_.Method(kMethod)).End(allowed.code());
    return new RefusedWatch(ToGrpc(allowed));
  }
  return inner_.WatchStatus(context, request);
}

grpc::ServerUnaryReactor* GatedSyncRpc::RunSync(grpc::CallbackServerContext* context,
                                                const v1::RunSyncRequest* request,
                                                v1::RunSyncResponse* response) {
  return Pass("RunSync", context, [&] { return inner_.RunSync(context, request, response); });
}

grpc::ServerUnaryReactor* GatedSyncRpc::GetStatus(grpc::CallbackServerContext* context,
                                                  const v1::GetStatusRequest* request,
                                                  v1::GetStatusResponse* response) {
  return Pass("GetStatus", context, [&] { return inner_.GetStatus(context, request, response); });
}

grpc::ServerUnaryReactor* GatedSyncRpc::ListSyncRuns(grpc::CallbackServerContext* context,
                                                     const v1::ListSyncRunsRequest* request,
                                                     v1::ListSyncRunsResponse* response) {
  return Pass("ListSyncRuns", context, [&] { return inner_.ListSyncRuns(context, request, response); });
}

grpc::ServerUnaryReactor* GatedSyncRpc::Audit(grpc::CallbackServerContext* context,
                                              const v1::AuditRequest* request, v1::AuditResponse* response) {
  return Pass("Audit", context, [&] { return inner_.Audit(context, request, response); });
}

grpc::ServerUnaryReactor* GatedSyncRpc::ListDeadLetters(grpc::CallbackServerContext* context,
                                                        const v1::ListDeadLettersRequest* request,
                                                        v1::ListDeadLettersResponse* response) {
  return Pass("ListDeadLetters", context, [&] { return inner_.ListDeadLetters(context, request, response); });
}

grpc::ServerUnaryReactor* GatedSyncRpc::RetryDeadLetters(grpc::CallbackServerContext* context,
                                                         const v1::RetryDeadLettersRequest* request,
                                                         v1::RetryDeadLettersResponse* response) {
  return Pass("RetryDeadLetters", context,
              [&] { return inner_.RetryDeadLetters(context, request, response); });
}

grpc::ServerUnaryReactor* GatedSyncRpc::DropDeadLetters(grpc::CallbackServerContext* context,
                                                        const v1::DropDeadLettersRequest* request,
                                                        v1::DropDeadLettersResponse* response) {
  return Pass("DropDeadLetters", context, [&] { return inner_.DropDeadLetters(context, request, response); });
}

}  // namespace readcount
