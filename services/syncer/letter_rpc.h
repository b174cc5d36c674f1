#pragma once

#include <grpcpp/server_context.h>

#include <cstddef>

#include "readcount/v1/sync_service.pb.h"
#include "services/common/base/thread_pool.h"
#include "services/common/rpc/unary_call.h"
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

  // Each answers `call` when it is done; what it is given lives until then.
  void List(const UnaryCall& call, const v1::ListDeadLettersRequest& request,
            v1::ListDeadLettersResponse& response);
  void Retry(const UnaryCall& call, const grpc::CallbackServerContext& context,
             const v1::RetryDeadLettersRequest& request, v1::RetryDeadLettersResponse& response);
  void Drop(const UnaryCall& call, const grpc::CallbackServerContext& context,
            const v1::DropDeadLettersRequest& request, v1::DropDeadLettersResponse& response);

 private:
  absl::Status ListNow(const v1::ListDeadLettersRequest& request, v1::ListDeadLettersResponse& response);
  absl::Status RetryNow(const grpc::CallbackServerContext& context,
                        const v1::RetryDeadLettersRequest& request, v1::RetryDeadLettersResponse& response);
  absl::Status DropNow(const grpc::CallbackServerContext& context, const v1::DropDeadLettersRequest& request,
                       v1::DropDeadLettersResponse& response);

  DeadLetterBox& box_;
  ThreadPool& lists_;
  ThreadPool& moves_;
};

}  // namespace readcount
