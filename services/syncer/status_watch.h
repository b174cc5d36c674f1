#pragma once

#include <grpcpp/support/server_callback.h>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "readcount/v1/sync_service.pb.h"
#include "services/syncer/status_board.h"

namespace readcount {

class StatusWatch;

// The WatchStatus streams that are open. Each holds one message under way and the newest after it, so a
// reader that does not read costs no more. Thread-safe.
class StatusWatches {
 public:
  // `board` must outlive the watches.
  explicit StatusWatches(StatusBoard& board) : board_(board) {}

  // Ends every stream and waits for the end.
  ~StatusWatches();

  // A reactor for a new stream; deletes itself when the stream has ended.
  grpc::ServerWriteReactor<v1::WatchStatusResponse>* Open();

  // Ends every stream, and those opened later at once, with UNAVAILABLE.
  void EndAll();

 private:
  friend class StatusWatch;
  void Remove(StatusWatch* watch);
  bool Empty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return open_.empty(); }

  StatusBoard& board_;

  absl::Mutex mutex_;
  absl::flat_hash_set<StatusWatch*> open_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace readcount
