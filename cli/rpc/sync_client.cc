#include "cli/rpc/sync_client.h"

#include <grpcpp/grpcpp.h>

#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "cli/rpc/call_outcome.h"
#include "cli/rpc/channel.h"
#include "cli/rpc/unary_call.h"
#include "readcount/v1/sync_service.grpc.pb.h"

namespace readcount::cli {
namespace {

// How a call that changes something ended. When its answer was lost nobody knows whether it was done.
absl::Status ExplainedChange(const grpc::Status& status, const Endpoint& endpoint,
                             const grpc::ClientContext& call) {
  absl::Status error = Explained(status, endpoint);
  if (!IsAnswerLost(status, call)) return error;
  return absl::UnknownError(absl::StrCat(
      error.message(),
      ": it may have been done, or be under way; repeating it is harmless, nothing is done twice"));
}

}  // namespace

struct SyncClient::Impl {
  explicit Impl(Endpoint to)
      : endpoint(std::move(to)), stub(v1::SyncService::NewStub(MakeChannel(endpoint))) {}

  template <typename Method, typename Request>
  auto Call(Method method, const Request& request) {
    return CallUnary(*stub, method, request, endpoint);
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Change(grpc::Status (v1::SyncService::Stub::*method)(grpc::ClientContext*,
                                                                                const Request&, Response*),
                                  const Request& request) {
    grpc::ClientContext call;
    PrepareCall(call, endpoint);
    Response response;
    const grpc::Status status = ((*stub).*method)(&call, request, &response);
    if (status.ok()) return response;
    return ExplainedChange(status, endpoint, call);
  }

  bool IsCancelled() {
    absl::MutexLock lock(&mutex);
    return cancelled;
  }

  const Endpoint endpoint;
  const std::unique_ptr<v1::SyncService::Stub> stub;

  absl::Mutex mutex;
  bool cancelled ABSL_GUARDED_BY(mutex) = false;
  std::set<grpc::ClientContext*> open ABSL_GUARDED_BY(mutex);  // that Cancel is to break off
};

namespace {

// A call without a deadline, which Cancel ends.
template <typename Impl>
class LongCall {
 public:
  explicit LongCall(Impl& impl) : impl_(impl) {
    PrepareStream(context, impl.endpoint);
    absl::MutexLock lock(&impl_.mutex);
    impl_.open.insert(&context);
    if (impl_.cancelled) context.TryCancel();
  }
  ~LongCall() {
    absl::MutexLock lock(&impl_.mutex);
    impl_.open.erase(&context);
  }
  LongCall(const LongCall&) = delete;
  LongCall& operator=(const LongCall&) = delete;

  grpc::ClientContext context;

 private:
  Impl& impl_;
};

}  // namespace

SyncClient::SyncClient(Endpoint endpoint) : impl_(std::make_unique<Impl>(std::move(endpoint))) {}
SyncClient::~SyncClient() = default;

absl::StatusOr<v1::SyncRun> SyncClient::RunSync(const std::string& requested_by) {
  LongCall call(*impl_);
  v1::RunSyncRequest request;
  v1::RunSyncResponse response;
  request.set_requested_by(requested_by);
  const grpc::Status status = impl_->stub->RunSync(&call.context, request, &response);
  if (status.ok()) return std::move(*response.mutable_run());
  return impl_->IsCancelled() ? Explained(status, impl_->endpoint)
                              : ExplainedChange(status, impl_->endpoint, call.context);
}

absl::StatusOr<v1::SyncStatus> SyncClient::GetStatus() {
  absl::StatusOr<v1::GetStatusResponse> response =
      impl_->Call(&v1::SyncService::Stub::GetStatus, v1::GetStatusRequest());
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_status());
}

absl::Status SyncClient::WatchStatus(const std::function<bool(const v1::SyncStatus&)>& tell) {
  LongCall call(*impl_);
  const auto stream = impl_->stub->WatchStatus(&call.context, v1::WatchStatusRequest());
  v1::WatchStatusResponse response;
  while (stream->Read(&response)) {
    if (tell(response.status())) continue;
    call.context.TryCancel();
    while (stream->Read(&response)) {
    }
    stream->Finish();
    return absl::OkStatus();
  }
  return Explained(stream->Finish(), impl_->endpoint);
}

absl::StatusOr<v1::ListSyncRunsResponse> SyncClient::ListSyncRuns(const v1::ListSyncRunsRequest& request) {
  return impl_->Call(&v1::SyncService::Stub::ListSyncRuns, request);
}

absl::StatusOr<v1::AuditResponse> SyncClient::Audit() {
  return impl_->Call(&v1::SyncService::Stub::Audit, v1::AuditRequest());
}

absl::StatusOr<v1::ListDeadLettersResponse> SyncClient::ListDeadLetters(
    const v1::ListDeadLettersRequest& request) {
  return impl_->Call(&v1::SyncService::Stub::ListDeadLetters, request);
}

absl::StatusOr<v1::RetryDeadLettersResponse> SyncClient::RetryDeadLetters(
    const v1::RetryDeadLettersRequest& request) {
  return impl_->Change(&v1::SyncService::Stub::RetryDeadLetters, request);
}

absl::StatusOr<v1::DropDeadLettersResponse> SyncClient::DropDeadLetters(
    const v1::DropDeadLettersRequest& request) {
  return impl_->Change(&v1::SyncService::Stub::DropDeadLetters, request);
}

void SyncClient::Cancel() {
  absl::MutexLock lock(&impl_->mutex);
  impl_->cancelled = true;
  for (grpc::ClientContext* context : impl_->open) context->TryCancel();
}

}  // namespace readcount::cli
