#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "readcount/v1/sync_service.pb.h"
#include "services/common/base/clock.h"

namespace readcount::cli {

// What a run is at, in words, from the statuses that WatchStatus sends. Not thread-safe.
class SyncProgress {
 public:
  // `clock` must outlive it.
  explicit SyncProgress(const Clock& clock) : clock_(clock) {}

  // Takes the next status.
  void Take(const v1::SyncStatus& status);

  // For a terminal with so many columns, in ASCII:
  //   applying [####------]  43 %  86,000/200,000 articles  86,000 views  91,000/s
  std::string Bar(int columns) const;

  // For a log: the same without the bar.
  std::string Line() const;

  // True while a batch is on its way.
  bool under_way() const { return status_.phase() != v1::SYNC_PHASE_IDLE && status_.articles_total() > 0; }

 private:
  std::string Figures() const;
  std::string Idle() const;

  const Clock& clock_;
  v1::SyncStatus status_;
  absl::Duration begin_;     // of the batch under way, as first seen
  uint64_t begin_done_ = 0;  // its articles that were done then
  double rate_ = 0;          // articles a second since
};

}  // namespace readcount::cli
