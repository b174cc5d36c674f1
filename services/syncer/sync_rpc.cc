#include "services/syncer/sync_rpc.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/rpc/status.h"
#include "services/syncer/proto_convert.h"
#include "services/syncer/sync_requests.h"

namespace readcount {

grpc::ServerUnaryReactor* SyncServiceRpc::RunSync(grpc::CallbackServerContext* context,
                                                  const v1::RunSyncRequest* request,
                                                  v1::RunSyncResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const absl::Status status = CheckRequester(request->requested_by()); !status.ok()) {
    reactor->Finish(ToGrpc(status));
    return reactor;
  }
  const absl::Status accepted =
      runner_.Run(request->requested_by(), [reactor, response](const absl::StatusOr<RunRecord>& run) {
        if (run.ok()) ToProto(*run, *response->mutable_run());
        reactor->Finish(ToGrpc(run.status()));
      });
  if (!accepted.ok()) reactor->Finish(ToGrpc(accepted));
  return reactor;
}

grpc::ServerUnaryReactor* SyncServiceRpc::GetStatus(grpc::CallbackServerContext* context,
                                                    const v1::GetStatusRequest* /*request*/,
                                                    v1::GetStatusResponse* response) {
  ToProto(board_.Read(), *response->mutable_status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchStatusResponse>* SyncServiceRpc::WatchStatus(
    grpc::CallbackServerContext* /*context*/, const v1::WatchStatusRequest* /*request*/) {
  return watches_.Open();
}

grpc::ServerUnaryReactor* SyncServiceRpc::ListSyncRuns(grpc::CallbackServerContext* context,
                                                       const v1::ListSyncRunsRequest* request,
                                                       v1::ListSyncRunsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const absl::StatusOr<PageRequest> page = ToPage(request->page_size(), request->page_token());
  if (!page.ok()) {
    reactor->Finish(ToGrpc(page.status()));
    return reactor;
  }
  const auto list = [this, reactor, response, page = *page] {
    // One more than the page tells whether there is another page.
    absl::StatusOr<std::vector<RunRecord>> runs = history_.List(page.last, page.limit + 1);
    if (runs.ok() && runs->size() > static_cast<size_t>(page.limit)) {
      runs->pop_back();
      response->set_next_page_token(absl::StrCat(runs->back().id));
    }
    if (runs.ok()) {
      for (const RunRecord& run : *runs) ToProto(run, *response->add_runs());
    }
    reactor->Finish(ToGrpc(runs.status()));
  };
  if (!threads_.TryPost(list, kMaxQueuedLists)) {
    reactor->Finish(ToGrpc(absl::ResourceExhaustedError(
        absl::StrCat(kMaxQueuedLists, " lists wait for MySQL, which is the limit: try later"))));
  }
  return reactor;
}

grpc::ServerUnaryReactor* SyncServiceRpc::Audit(grpc::CallbackServerContext* context,
                                                const v1::AuditRequest* /*request*/,
                                                v1::AuditResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  runner_.Audit([this, reactor, response](const absl::StatusOr<AuditReport>& report) {
    if (report.ok()) ToProto(*report, clock_.Now(), *response);
    reactor->Finish(ToGrpc(report.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* SyncServiceRpc::ListDeadLetters(grpc::CallbackServerContext* context,
                                                          const v1::ListDeadLettersRequest* request,
                                                          v1::ListDeadLettersResponse* response) {
  return letters_.List(context, request, response);
}

grpc::ServerUnaryReactor* SyncServiceRpc::RetryDeadLetters(grpc::CallbackServerContext* context,
                                                           const v1::RetryDeadLettersRequest* request,
                                                           v1::RetryDeadLettersResponse* response) {
  return letters_.Retry(context, request, response);
}

grpc::ServerUnaryReactor* SyncServiceRpc::DropDeadLetters(grpc::CallbackServerContext* context,
                                                          const v1::DropDeadLettersRequest* request,
                                                          v1::DropDeadLettersResponse* response) {
  return letters_.Drop(context, request, response);
}

}  // namespace readcount
