#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/base/wide.h"

namespace readcount {

// A run that has ended.
struct RunRecord {
  uint64_t id = 0;  // in the history; 0 if it is not kept there
  absl::Time started_at;
  absl::Time finished_at;
  absl::Duration duration;  // monotonic
  bool succeeded = false;
  uint64_t articles = 0;
  WideViews views = 0;
  uint64_t dead_letters = 0;
  uint32_t batches = 0;
  bool resumed = false;
  std::string error;  // empty if it succeeded
  std::string requested_by;
};

// The runs of the past. Thread-safe. Errors: UNAVAILABLE MySQL is away; INTERNAL anything else.
class RunHistory {
 public:
  virtual ~RunHistory() = default;

  // Keeps a run, dropping the oldest beyond the history's size; returns its id.
  virtual absl::StatusOr<uint64_t> Append(const RunRecord& run) = 0;

  // Up to `limit` runs, newest first, of those before id `before` if it is given.
  virtual absl::StatusOr<std::vector<RunRecord>> List(std::optional<uint64_t> before, int limit) = 0;
};

}  // namespace readcount
