#pragma once

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/ledger/batch_ledger.h"

namespace readcount {

// Tells from the ledger's own count whether views are coming in. Thread-safe.
class Traffic {
 public:
  // How long after the last busy reading it is still called busy: some of those that come each second.
  static constexpr absl::Duration kLinger = absl::Seconds(3);

  // Busy is more than so many views in a second.
  Traffic(double busy_views, const Clock& clock) : busy_views_(busy_views), clock_(clock) {}

  // What Redis said just now. Readings that follow each other too closely are left out.
  void Seen(const BatchLedger::Pending& pending);

  bool Busy() const;

 private:
  const double busy_views_;
  const Clock& clock_;

  mutable absl::Mutex mutex_;
  uint64_t life_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t recorded_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration seen_at_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();
  absl::Duration busy_until_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();
};

}  // namespace readcount
