#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>

#include "readcount/v1/sync_service.pb.h"
#include "services/common/base/thread_pool.h"
#include "services/syncer/dead_letter_box.h"

namespace readcount {

// The calls of SyncService about dead letters: messages in, a call of the box, messages out. Thread-safe.
class LetterRpc {
 public:
  static constexpr int kMaxIds = 1000;           // in a selection
  static constexpr size_t kMaxQueuedLists = 64;  // calls that may wait
  static constexpr size_t kMaxQueuedMoves = 4;   // retries and drops, each of which may take minutes

  // All must outlive the calls. Letters are listed on `lists`, moved on `moves`, which has one thread.
  LetterRpc(DeadLetterBox& box, ThreadPool& lists, ThreadPool& moves)
      : box_(box), lists_(lists), moves_(moves) {}

  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const v1::ListDeadLettersRequest* request,
                                 v1::ListDeadLettersResponse* response);
  grpc::ServerUnaryReactor* Retry(grpc::CallbackServerContext* context,
                                  const v1::RetryDeadLettersRequest* request,
                                  v1::RetryDeadLettersResponse* response);
  grpc::ServerUnaryReactor* Drop(grpc::CallbackServerContext* context,
                                 const v1::DropDeadLettersRequest* request,
                                 v1::DropDeadLettersResponse* response);

 private:
  absl::Status ListNow(const v1::ListDeadLettersRequest& request, v1::ListDeadLettersResponse& response);

  DeadLetterBox& box_;
  ThreadPool& lists_;
  ThreadPool& moves_;
};

}  // namespace readcount
