#pragma once

#include <grpcpp/support/server_callback.h>

#include "readcount/v1/sync_service.pb.h"
#include "services/common/rpc/newest_stream.h"
#include "services/syncer/status_board.h"

namespace readcount {

// The WatchStatus streams that are open. Thread-safe.
class StatusWatches {
 public:
  // Both must outlive the watches; `meter` is the method's.
  StatusWatches(StatusBoard& board, MethodMeter& meter) : board_(board), streams_(meter) {}

  // A reactor for a new stream.
  grpc::ServerWriteReactor<v1::WatchStatusResponse>* Open();

  // Ends every stream, and those opened later at once, with UNAVAILABLE.
  void EndAll() { streams_.EndAll(); }

 private:
  StatusBoard& board_;
  NewestStreams<v1::WatchStatusResponse> streams_;
};

}  // namespace readcount
