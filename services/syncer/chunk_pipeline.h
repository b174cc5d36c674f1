#pragma once

#include <deque>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "services/common/base/thread_pool.h"
#include "services/syncer/store.h"

namespace readcount {

// Brings the chunks of one batch into MySQL, one after the other, while the lanes work on several: a lane
// adds its chunk to the articles while the chunk before is committed. Not thread-safe.
class ChunkPipeline {
 public:
  // Both must outlive the pipeline. `threads` should have one for each lane.
  ChunkPipeline(BatchStore& store, ThreadPool& threads)
      : store_(store), threads_(threads), lanes_(store.lanes()) {}

  // Rolls back what is not finished.
  ~ChunkPipeline() { RollBack(); }
  ChunkPipeline(const ChunkPipeline&) = delete;
  ChunkPipeline& operator=(const ChunkPipeline&) = delete;

  size_t under_way() const { return flights_.size(); }

  // Chunks that may be under way at once: of the store's lanes, those that have not failed to connect.
  size_t lanes() const { return lanes_; }

  // The newest chunk under way. REQUIRES: there is one.
  const Chunk& newest() const { return flights_.back()->chunk; }

  // Begins a chunk that goes on from the newest. REQUIRES: fewer are under way than `lanes`.
  void Start(const Chunk& chunk);

  // A chunk that is in MySQL.
  struct Applied {
    Chunk chunk;
    ChunkOutcome outcome;
  };

  // Waits for the oldest chunk and commits it; if it waits long, for somebody's locks, the others are rolled
  // back meanwhile. After an error they can only be rolled back. REQUIRES: there is one.
  absl::StatusOr<Applied> FinishOldest();

  // Undoes all that is under way.
  void RollBack();

 private:
  struct Flight {
    Chunk chunk;
    size_t lane;
    absl::Status begun;
    absl::Notification has_begun;
  };

  absl::Status AwaitBegun(const Flight& flight);

  BatchStore& store_;
  ThreadPool& threads_;
  size_t lanes_;
  size_t started_ = 0;
  std::deque<std::unique_ptr<Flight>> flights_;  // the oldest first
};

}  // namespace readcount
