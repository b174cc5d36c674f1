#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "services/common/metrics/metric.h"
#include "services/syncer/batch.h"
#include "services/syncer/books.h"
#include "services/syncer/run_history.h"

namespace readcount {

// Dead letters since the start, by reason. Thread-safe.
class DeadLetterTally {
 public:
  static constexpr std::array<absl::string_view, 5> kReasons = {kNotAnArticleId, kNotANumber, kNoSuchArticle,
                                                                kOverflow, kNegativeResult};

  // `reason` is one of kReasons.
  void Add(absl::string_view reason);

  // Of the reason at that place.
  uint64_t value(size_t reason) const { return letters_[reason].value(); }

 private:
  std::array<EventCount, kReasons.size()> letters_;
};

// Dead letters that left their table since the start. Thread-safe.
struct LetterTally {
  EventCount retried;  // added to their articles
  EventCount dropped;
};

// What runs and audits have come to since the start. Thread-safe.
struct SyncTally {
  void RunEnded(const RunRecord& run);
  void Audited(const AuditReport& report);

  EventCount succeeded, failed, resumed, batches, articles;
  EventCount views_added, views_taken;  // a run's views are in the one or the other, by the sign of their sum
  Histogram durations{LatencyBounds()};
  EventCount audits;
  std::atomic<double> difference = 0;       // of the last audit
  std::atomic<double> last_success_at = 0;  // in seconds since the Unix epoch
};

}  // namespace readcount
