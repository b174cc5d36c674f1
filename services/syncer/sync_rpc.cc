#include "services/syncer/sync_rpc.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/ledger/field.h"
#include "services/common/rpc/status.h"
#include "services/syncer/proto_convert.h"

namespace readcount {
namespace {

struct RunsQuery {
  std::optional<uint64_t> before;
  int limit = 0;
};

// The token of a page is the id of its last run.
absl::StatusOr<RunsQuery> ToQuery(const v1::ListSyncRunsRequest& request) {
  if (request.page_size() < 0 || request.page_size() > SyncServiceRpc::kMaxPageSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size: is ", request.page_size(), ", must be 1 to ", SyncServiceRpc::kMaxPageSize));
  }
  RunsQuery query;
  query.limit = request.page_size() == 0 ? SyncServiceRpc::kDefaultPageSize : request.page_size();
  if (!request.page_token().empty()) {
    query.before = ParseArticleId(request.page_token());
    if (!query.before.has_value()) {
      return absl::InvalidArgumentError(
          "page_token: is not a token of this list: take next_page_token of the previous page");
    }
  }
  return query;
}

}  // namespace

grpc::ServerUnaryReactor* SyncServiceRpc::RunSync(grpc::CallbackServerContext* context,
                                                  const v1::RunSyncRequest* request,
                                                  v1::RunSyncResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (request->requested_by().size() > kMaxRequesterBytes) {
    reactor->Finish(ToGrpc(absl::InvalidArgumentError(
        absl::StrCat("requested_by: is longer than ", kMaxRequesterBytes, " bytes"))));
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
  const absl::StatusOr<RunsQuery> query = ToQuery(*request);
  if (!query.ok()) {
    reactor->Finish(ToGrpc(query.status()));
    return reactor;
  }
  const auto list = [this, reactor, response, query = *query] {
    // One more than the page tells whether there is another page.
    absl::StatusOr<std::vector<RunRecord>> runs = history_.List(query.before, query.limit + 1);
    if (runs.ok() && runs->size() > static_cast<size_t>(query.limit)) {
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

}  // namespace readcount
