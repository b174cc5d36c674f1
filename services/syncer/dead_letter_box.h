#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/base/wide.h"

namespace readcount {

// A dead letter as it is kept.
struct KeptLetter {
  uint64_t id = 0;  // rises in the order in which letters came
  uint64_t life = 0;
  uint64_t epoch = 0;
  std::string field;
  std::string value;
  int64_t views = 0;   // what the books count of it as dead-lettered
  std::string reason;  // one of those in batch.h
  absl::Time created_at;
};

// Which letters: those that match both.
struct LetterSelection {
  std::vector<uint64_t> ids;  // rising, each once; empty: whatever the id
  std::string reason;         // empty: whatever the reason
};

// What a retry came to.
struct RetriedLetters {
  uint64_t added = 0;   // letters
  WideViews views = 0;  // in them
  uint64_t kept = 0;    // letters that stay
};

// What a drop came to.
struct DroppedLetters {
  uint64_t dropped = 0;  // letters
  WideViews views = 0;   // in them
  uint64_t kept = 0;     // letters that may not leave yet
};

// The dead letters in MySQL, and the two ways out: to their articles, or given up. A letter leaves once its
// batch has begun to be applied; until then a syncer that comes back after a crash buries the batch's strays
// again, and must find those that it has buried. Such letters are kept, and may leave once the run is over.
//
// List and Count are thread-safe; of Retry and Drop one may be under way at a time.
//
// Errors of all: UNAVAILABLE MySQL is away, or letters stayed locked; FAILED_PRECONDITION a table of sql/ is
// missing; INTERNAL anything else. Retry and Drop work in transactions of bounded size: what an earlier one
// moved stays moved, and asking again is harmless.
class DeadLetterBox {
 public:
  virtual ~DeadLetterBox() = default;

  // Up to `limit` letters with ids greater than `after`, oldest first; with `reason`, or any if it is empty.
  virtual absl::StatusOr<std::vector<KeptLetter>> List(uint64_t after, absl::string_view reason,
                                                       int limit) = 0;

  // How many letters there are, counted up to `most`.
  virtual absl::StatusOr<uint64_t> Count(uint64_t most) = 0;

  // Asked between transactions: true if nobody waits for the outcome any more. Then the call ends with
  // CANCELLED.
  using Abandoned = std::function<bool()>;

  // Adds the selected letters to their articles, each exactly once: a letter leaves in the transaction in
  // which its views arrive and the books of its life follow. Those that cannot be added stay, with the reason
  // that holds now. Letters that come while it works are not tried.
  virtual absl::StatusOr<RetriedLetters> Retry(const LetterSelection& selection,
                                               const Abandoned& abandoned) = 0;

  // Moves the selected letters to those that were given up. Their views stay in the books as dead-lettered.
  virtual absl::StatusOr<DroppedLetters> Drop(const LetterSelection& selection, const std::string& dropped_by,
                                              const Abandoned& abandoned) = 0;
};

}  // namespace readcount
