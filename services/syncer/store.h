#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/common/ledger/batch_ledger.h"
#include "services/common/ledger/state.h"
#include "services/syncer/batch.h"

namespace readcount {

// Where a life stands in MySQL.
struct Standing {
  Position position;
  uint64_t batch_name = 0;  // of the batch that moved the position last
  bool closed = false;      // the life is over: nothing of it may be applied any more

  friend bool operator==(const Standing&, const Standing&) = default;
};

// What a finished batch adds to the books.
struct BatchBooks {
  WideViews recorded = 0;         // views that article services put into it
  WideViews added_by_others = 0;  // what was found beyond them
  WideViews taken_by_others = 0;  // what was missing of them
};

// A part of a batch that goes into MySQL in one transaction, together with the step of the position.
struct Chunk {
  uint64_t life = 0;
  uint64_t epoch = 0;
  uint64_t batch_name = 0;
  Position from;  // where the position must stand
  Position to;    // where it will stand
  absl::Span<const Increment> increments;
  absl::Span<const WriterSeq> writers;  // of the batch
  BatchBooks books;                     // of a finished batch; zero for a chunk that is not its last
};

struct ChunkOutcome {
  uint64_t articles = 0;      // whose count was changed
  WideViews views = 0;        // added to them
  uint64_t dead_letters = 0;  // increments that could not be added
};

// A transaction that brings one chunk into MySQL: step *apply* of the sync protocol. Chunks reach MySQL in
// their order, for each Commit moves the position from where the one before has left it; but a lane may Begin
// the next chunk while another lane still commits. Not thread-safe; its calls may come from different
// threads.
//
// Errors: those of BatchStore. After UNKNOWN all of the chunk is in MySQL or nothing, after any other
// nothing; the lane may begin again.
class ChunkLane {
 public:
  virtual ~ChunkLane() = default;

  // Adds the chunk's increments to the articles and finds out which cannot be added; the articles stay locked
  // until the end. `chunk` must live as long. Comes before Commit or Rollback.
  virtual absl::Status Begin(const Chunk& chunk) = 0;

  // Moves the position from `from` to `to`, keeps the books, puts aside what could not be added, and commits:
  // all or nothing. FAILED_PRECONDITION if the position is not at `from` any more, another batch of that
  // epoch has brought it there, or the life is closed.
  //
  // tests/model/ledger.pml: `apply_chunk`.
  virtual absl::StatusOr<ChunkOutcome> Commit() = 0;

  // Undoes what Begin did.
  virtual void Rollback() = 0;
};

// The syncer's side of MySQL. Not thread-safe, but its lanes may be used beside each other. All methods but
// those that name the lanes REQUIRE that no chunk is under way.
//
// Errors of all methods: UNAVAILABLE MySQL is away and nothing was done; ABORTED a deadlock or lock wait,
// nothing was done, try again; UNKNOWN the reply to COMMIT was lost: read the standing to learn whether it
// happened; INTERNAL or FAILED_PRECONDITION as the message says.
class BatchStore {
 public:
  virtual ~BatchStore() = default;

  // Where `life` stands; a life that MySQL does not know is entered at the beginning.
  //
  // tests/model/ledger.pml: `looking`, of the syncer.
  virtual absl::StatusOr<Standing> ReadStanding(uint64_t life) = 0;

  // Chunks that may be under way at once, at least 1, and the lane of each.
  virtual size_t lanes() const = 0;
  virtual ChunkLane& lane(size_t index) = 0;

  // Puts fields of batch (life, epoch) among the dead letters, those already there left alone. Nothing is
  // done, and FAILED_PRECONDITION answered, if the position is not at the beginning of that batch.
  virtual absl::Status Bury(uint64_t life, uint64_t epoch, absl::Span<const DeadLetter> letters) = 0;

  // Waits up to `wait` for the right to work alone. It only saves work: after `wait`, or if the connection is
  // lost, two syncers work beside each other safely. Never fails.
  virtual void TakeLease(absl::Duration wait) = 0;
  virtual void ReturnLease() = 0;
};

}  // namespace readcount
