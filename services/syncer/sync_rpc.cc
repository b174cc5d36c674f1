#include "services/syncer/sync_rpc.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/syncer/proto_convert.h"
#include "services/syncer/sync_requests.h"

namespace readcount {

grpc::ServerUnaryReactor* SyncServiceRpc::RunSync(grpc::CallbackServerContext* context,
                                                  const v1::RunSyncRequest* request,
                                                  v1::RunSyncResponse* response) {
  const UnaryCall call(*context, meter_.Method("RunSync"));
  absl::Status accepted = CheckRequester(request->requested_by());
  if (accepted.ok()) {
    accepted = runner_.Run(request->requested_by(), [call, response](const absl::StatusOr<RunRecord>& run) {
      if (run.ok()) ToProto(*run, *response->mutable_run());
      call.Answer(run.status());
    });
  }
  if (!accepted.ok()) call.Answer(accepted);
  return call.reactor();
}

grpc::ServerUnaryReactor* SyncServiceRpc::GetStatus(grpc::CallbackServerContext* context,
                                                    const v1::GetStatusRequest* /*request*/,
                                                    v1::GetStatusResponse* response) {
  const UnaryCall call(*context, meter_.Method("GetStatus"));
  ToProto(board_.Read(), *response->mutable_status());
  call.Answer(absl::OkStatus());
  return call.reactor();
}

grpc::ServerWriteReactor<v1::WatchStatusResponse>* SyncServiceRpc::WatchStatus(
    grpc::CallbackServerContext* /*context*/, const v1::WatchStatusRequest* /*request*/) {
  return watches_.Open();
}

grpc::ServerUnaryReactor* SyncServiceRpc::ListSyncRuns(grpc::CallbackServerContext* context,
                                                       const v1::ListSyncRunsRequest* request,
                                                       v1::ListSyncRunsResponse* response) {
  const UnaryCall call(*context, meter_.Method("ListSyncRuns"));
  const absl::StatusOr<PageRequest> page = ToPage(request->page_size(), request->page_token());
  if (!page.ok()) {
    call.Answer(page.status());
    return call.reactor();
  }
  const auto list = [this, call, response, page = *page] {
    // One more than the page tells whether there is another page.
    absl::StatusOr<std::vector<RunRecord>> runs = history_.List(page.last, page.limit + 1);
    if (runs.ok() && runs->size() > static_cast<size_t>(page.limit)) {
      runs->pop_back();
      response->set_next_page_token(absl::StrCat(runs->back().id));
    }
    if (runs.ok()) {
      for (const RunRecord& run : *runs) ToProto(run, *response->add_runs());
    }
    call.Answer(runs.status());
  };
  if (!threads_.TryPost(list, kMaxQueuedLists)) {
    call.Answer(absl::ResourceExhaustedError(
        absl::StrCat(kMaxQueuedLists, " lists wait for MySQL, which is the limit: try later")));
  }
  return call.reactor();
}

grpc::ServerUnaryReactor* SyncServiceRpc::Audit(grpc::CallbackServerContext* context,
                                                const v1::AuditRequest* /*request*/,
                                                v1::AuditResponse* response) {
  const UnaryCall call(*context, meter_.Method("Audit"));
  runner_.Audit([this, call, response](const absl::StatusOr<AuditReport>& report) {
    if (report.ok()) ToProto(*report, clock_.Now(), *response);
    call.Answer(report.status());
  });
  return call.reactor();
}

grpc::ServerUnaryReactor* SyncServiceRpc::ListDeadLetters(grpc::CallbackServerContext* context,
                                                          const v1::ListDeadLettersRequest* request,
                                                          v1::ListDeadLettersResponse* response) {
  const UnaryCall call(*context, meter_.Method("ListDeadLetters"));
  letters_.List(call, *request, *response);
  return call.reactor();
}

grpc::ServerUnaryReactor* SyncServiceRpc::RetryDeadLetters(grpc::CallbackServerContext* context,
                                                           const v1::RetryDeadLettersRequest* request,
                                                           v1::RetryDeadLettersResponse* response) {
  const UnaryCall call(*context, meter_.Method("RetryDeadLetters"));
  letters_.Retry(call, *context, *request, *response);
  return call.reactor();
}

grpc::ServerUnaryReactor* SyncServiceRpc::DropDeadLetters(grpc::CallbackServerContext* context,
                                                          const v1::DropDeadLettersRequest* request,
                                                          v1::DropDeadLettersResponse* response) {
  const UnaryCall call(*context, meter_.Method("DropDeadLetters"));
  letters_.Drop(call, *context, *request, *response);
  return call.reactor();
}

}  // namespace readcount
