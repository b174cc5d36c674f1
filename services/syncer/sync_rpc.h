#pragma once

#include <grpcpp/support/server_callback.h>

#include "readcount/v1/sync_service.grpc.pb.h"
#include "services/common/base/thread_pool.h"
#include "services/common/rpc/unary_call.h"
#include "services/syncer/letter_rpc.h"
#include "services/syncer/run_history.h"
#include "services/syncer/status_board.h"
#include "services/syncer/status_watch.h"
#include "services/syncer/sync_runner.h"

namespace readcount {

// readcount.v1.SyncService over the runner, the board, the history and the dead letters: messages in, a call,
// messages out.
class SyncServiceRpc final : public v1::SyncService::CallbackService {
 public:
  static constexpr size_t kMaxQueuedLists = 64;  // calls of ListSyncRuns that may wait

  // All must outlive the server that this is registered with; history is read on `threads`.
  SyncServiceRpc(SyncRunner& runner, StatusBoard& board, RunHistory& history, ThreadPool& threads,
                 const LetterRpc& letters, const Clock& clock)
      : runner_(runner),
        board_(board),
        history_(history),
        threads_(threads),
        letters_(letters),
        clock_(clock),
        watches_(board, meter_.Method("WatchStatus")) {}

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

  // What has been called.
  RpcMeter& meter() { return meter_; }

  // Ends every WatchStatus stream, so that a drain need not wait for the clients.
  void EndWatches() { watches_.EndAll(); }

 private:
  RpcMeter meter_ = RpcMeter::Of<v1::RunSyncRequest>(RpcMeter::Side::kServer, "SyncService");
  SyncRunner& runner_;
  StatusBoard& board_;
  RunHistory& history_;
  ThreadPool& threads_;
  LetterRpc letters_;
  const Clock& clock_;
  StatusWatches watches_;
};

}  // namespace readcount
