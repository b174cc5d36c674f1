#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "services/common/ledger/state.h"

namespace readcount {

// What MySQL has of one writer's views in one life, in one reading.
struct WriterStanding {
  Position position;       // of the life
  bool closed = false;     // nothing of the life will be applied any more
  uint64_t seq = 0;        // batches of the writer up to here are in
  uint64_t batch_seq = 0;  // of those up to here the ids up to `position.through_id` are in

  // Whether MySQL has what batch `seq` added to article `id`.
  bool Has(uint64_t batch, uint64_t id) const {
    return batch <= seq || (batch <= batch_seq && id <= position.through_id);
  }

  // The newest batch of the life, whoever recorded it, that MySQL has or has begun.
  uint64_t begun_epoch() const { return position.through_id == 0 ? position.epoch - 1 : position.epoch; }
};

// The writer's side of the positions in MySQL. Thread-safe. UNAVAILABLE if MySQL is away; both calls may be
// repeated.
class LifeRegistry {
 public:
  virtual ~LifeRegistry() = default;

  // A life that MySQL does not know stands at its beginning.
  virtual absl::StatusOr<WriterStanding> Read(uint64_t life, uint64_t writer) = 0;

  // Closes the life, if it is not closed already: what is in MySQL of it then is final, so that its writers
  // can record the rest in another life. Answers with that final standing.
  virtual absl::StatusOr<WriterStanding> Close(uint64_t life, uint64_t writer) = 0;
};

}  // namespace readcount
