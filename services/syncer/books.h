#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "services/common/base/wide.h"
#include "services/common/ledger/state.h"

namespace readcount {

// What MySQL has booked. Sums over all lives.
struct BookedViews {
  Position position;       // of the life asked for
  WideViews recorded = 0;  // of finished batches, in all lives
  WideViews added_by_others = 0;
  WideViews taken_by_others = 0;
  WideViews applied = 0;
  WideViews dead_lettered = 0;
  WideViews recorded_here = 0;  // of `recorded`, in the life asked for
  uint64_t dead_letters = 0;    // rows

  friend bool operator==(const BookedViews&, const BookedViews&) = default;
};

// The books in MySQL. Thread-safe. UNAVAILABLE if MySQL is away.
class BookKeeper {
 public:
  virtual ~BookKeeper() = default;

  // One consistent reading.
  virtual absl::StatusOr<BookedViews> Read(uint64_t life) = 0;
};

// The books as a whole; see AuditResponse of the API for each figure.
struct AuditReport {
  WideViews recorded = 0;
  WideViews added_by_others = 0;
  WideViews taken_by_others = 0;
  WideViews applied = 0;
  WideViews sealed = 0;
  WideViews live = 0;
  WideViews dead_lettered = 0;
  uint64_t dead_letters = 0;

  WideViews difference() const {
    return recorded + added_by_others - taken_by_others - applied - sealed - live - dead_lettered;
  }
};

}  // namespace readcount
