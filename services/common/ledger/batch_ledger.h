#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/base/wide.h"
#include "services/common/ledger/state.h"

namespace readcount {

// The last of a writer's batches of views that is somewhere.
struct WriterSeq {
  uint64_t writer = 0;
  uint64_t seq = 0;

  friend bool operator==(const WriterSeq&, const WriterSeq&) = default;
};

// What one seal took from the live hash. Its content never changes.
struct SealedBatch {
  uint64_t life = 0;
  uint64_t epoch = 0;
  uint64_t name = 0;  // random, made at the seal: tells it from a batch that another seal of this epoch made
  uint64_t fields = 0;             // size of the hash, an upper bound of its articles
  int64_t recorded = 0;            // views that article services put into it
  std::vector<WriterSeq> writers;  // up to which seq it and the batches before it have each writer's views
};

struct SealReply {
  LedgerState state;                 // after the seal
  std::optional<SealedBatch> batch;  // none if nothing was pending
  bool resumed = false;              // the batch was sealed before this call
};

// The Redis half of the books, at one moment.
struct LedgerBooks {
  LedgerState state;
  int64_t recorded = 0;         // views that article services recorded in this life
  int64_t live_recorded = 0;    // of these, in the live hash
  int64_t sealed_recorded = 0;  // of these, in the sealed batch
  WideViews live = 0;           // sum of the live hash; fields that are not countable left out
  uint64_t live_fields = 0;     // size of the live hash
};

// The syncer's side of the ledger: steps *seal* and *release* of the sync protocol. Each method is one
// atomic step in Redis, save ReadSealed, whose object never changes.
//
// Errors: UNAVAILABLE Redis was not reached or cannot write now; UNKNOWN no answer came; INTERNAL an answer
// came that is none; PERMISSION_DENIED the login failed; FAILED_PRECONDITION the ledger's keys are damaged or
// hold something else. Every step may be tried again after any of them: seal names the batch it made, release
// of a batch that is gone does nothing. Not thread-safe.
class BatchLedger {
 public:
  virtual ~BatchLedger() = default;

  // Names the sealed batch if there is one; else turns the live hash, whatever its size, into the sealed
  // batch in constant time and opens the next epoch. Makes a life if there is none.
  //
  // tests/model/ledger.pml: `seal`.
  virtual absl::StatusOr<SealReply> Seal() = 0;

  static constexpr size_t kPageFields = 2000;  // a millisecond of Redis' time
  using Visit = absl::FunctionRef<void(absl::string_view field, absl::string_view value)>;

  // Calls `visit` with every field and value of the sealed batch, in no order, possibly some of them twice.
  // Reads it page by page and asks `page_fields` before each how many fields it shall have.
  // If the batch leaves Redis meanwhile (released by another syncer, or lost), what is visited may be a part
  // of it: compare ReadPending's state before and after.
  //
  // tests/model/ledger.pml: the copying in `seal`.
  virtual absl::Status ReadSealed(absl::FunctionRef<size_t()> page_fields, Visit visit) = 0;

  // Drops the sealed batch if it is still (life, epoch) under this name: a Redis that was put back may have
  // sealed another one in that epoch. REQUIRES: MySQL's position is beyond it.
  //
  // tests/model/ledger.pml: `release`.
  virtual absl::Status Release(uint64_t life, uint64_t epoch, uint64_t name) = 0;

  // Ends a life that Redis holds an old copy of: if the ledger still stands at `state` with this sealed
  // batch, both hashes are set aside under other names and a fresh life begins. Does nothing otherwise.
  //
  // tests/model/ledger.pml: `abandon`, of the syncer.
  virtual absl::Status Abandon(const LedgerState& state, uint64_t sealed_name) = 0;

  // Reads the books. Takes time linear in the live hash, during which Redis answers nobody else.
  virtual absl::StatusOr<LedgerBooks> Books() = 0;

  // Where the ledger stands and how many fields are pending, live and sealed.
  struct Pending {
    LedgerState state;
    uint64_t fields = 0;
    uint64_t sealed_name = 0;  // of the sealed batch; 0 if there is none
    int64_t recorded = 0;      // views that article services recorded in this life
  };
  virtual absl::StatusOr<Pending> ReadPending() = 0;
};

}  // namespace readcount
