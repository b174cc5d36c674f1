#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/article/life_registry.h"

namespace readcount {

// Views of one article in one of a writer's batches.
struct SpooledViews {
  uint64_t seq = 0;
  uint64_t id = 0;
  uint64_t views = 0;

  friend bool operator==(const SpooledViews&, const SpooledViews&) = default;
};

// What a writer that is gone has left.
struct SpooledWriter {
  uint64_t writer = 0;
  uint64_t life = 0;                // in which its batches may have been recorded; 0: in none
  std::vector<SpooledViews> views;  // by seq
};

// Views on local disk: those that were acknowledged while Redis was away and, if the journal is to outlive
// its process, all that MySQL does not have yet. What Add was told is there after a kill or a power failure.
// Not thread-safe, but for `bytes`.
//
// Errors: RESOURCE_EXHAUSTED the spool is at its bound; UNAVAILABLE the disk refuses.
class Spool {
 public:
  virtual ~Spool() = default;

  // Adds views of `writer`, those of one article and seq to each other, all or none.
  virtual absl::Status Add(uint64_t writer, absl::Span<const SpooledViews> views) = 0;

  // The writer's batches are recorded in `life` from now on; of an earlier one MySQL has what `standing`
  // says.
  virtual absl::Status SetLife(uint64_t writer, uint64_t life, const WriterStanding& standing) = 0;

  // Forgets what MySQL has.
  virtual absl::Status Trim(uint64_t writer, const WriterStanding& standing) = 0;

  // Forgets all of the writer's batches up to `seq`.
  virtual absl::Status Drop(uint64_t writer, uint64_t seq) = 0;

  // Everything in it.
  virtual absl::StatusOr<std::vector<SpooledWriter>> Load() = 0;

  // What is in use of its bound. Thread-safe.
  virtual uint64_t bytes() const = 0;
};

}  // namespace readcount
