#pragma once

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/article/spool.h"
#include "services/article/view_recorder.h"
#include "services/common/durability/monitor.h"

namespace readcount {

// What the service can do for its callers, as ArticleMode of the API describes it.
enum class ArticleMode { kNormal, kRedisAwayViewsHeld, kRedisAwayViewsRefused, kMysqlAway };

ArticleMode ModeOf(const RecorderStatus& recorder, const absl::Status& mysql);

// The service at one moment, as ArticleServiceStatus of the API describes it.
struct ArticleStatus {
  ArticleMode mode = ArticleMode::kNormal;
  absl::Status mysql;
  RecorderStatus recorder;
  uint64_t spool_bytes = 0;
  uint64_t spool_max_bytes = 0;  // 0: no spool
  uint64_t journal_max_entries = 0;
  uint64_t life = 0;  // 0: not known yet
  Durability durability;
};

// Puts the status together of what the parts know. Thread-safe.
class ArticleStatusReader {
 public:
  struct Bounds {
    uint64_t spool_max_bytes = 0;
    uint64_t journal_max_entries = 0;
  };

  // All must outlive the reader. `spool` may be none.
  ArticleStatusReader(Bounds bounds, const ViewRecorder& recorder, const Spool* spool,
                      const DurabilityMonitor& durability)
      : bounds_(bounds), recorder_(recorder), spool_(spool), durability_(durability) {}

  // Whether MySQL answers.
  void MysqlSeen(absl::Status status);

  ArticleStatus Read() const;

 private:
  const Bounds bounds_;
  const ViewRecorder& recorder_;
  const Spool* const spool_;
  const DurabilityMonitor& durability_;

  mutable absl::Mutex mutex_;
  absl::Status mysql_ ABSL_GUARDED_BY(mutex_) = absl::UnavailableError("not asked yet");
};

}  // namespace readcount
