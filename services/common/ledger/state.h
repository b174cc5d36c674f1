#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_format.h"

namespace readcount {

// Where the Redis side of the ledger stands. The same triple comes with every reply, so a reader can tell
// which of the numbers it was given are in MySQL already.
//
// A *life* is one unbroken history of the Redis data: 64 random bits, made by whoever first finds none. The
// live hash collects the views of `epoch`; a seal turns it into the sealed batch of that epoch and opens
// the next. Epochs count from 1 within a life, so (life, epoch) names a batch for good.
struct LedgerState {
  uint64_t life = 0;
  uint64_t epoch = 0;         // of the live hash
  uint64_t sealed_epoch = 0;  // of the sealed batch; 0 if there is none

  // The oldest batch that Redis still holds.
  uint64_t oldest_epoch() const { return sealed_epoch != 0 ? sealed_epoch : epoch; }

  friend bool operator==(const LedgerState&, const LedgerState&) = default;
};

// How far a life's batches are in MySQL: every batch before `epoch`, and of `epoch` the ids up to
// `through_id`. A life that MySQL has no row for stands at {1, 0}.
struct Position {
  uint64_t epoch = 1;
  uint64_t through_id = 0;

  // The newest epoch whose batch is in the row of article `id`.
  uint64_t applied_epoch(uint64_t id) const { return epoch - (id <= through_id ? 0 : 1); }

  friend bool operator==(const Position&, const Position&) = default;
};

// As shown to people and written to Redis: 16 hexadecimal digits.
inline std::string FormatLife(uint64_t life) {
  return absl::StrFormat("%016x", life);
}

}  // namespace readcount
