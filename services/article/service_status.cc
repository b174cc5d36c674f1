#include "services/article/service_status.h"

#include <utility>

namespace readcount {

ArticleMode ModeOf(const RecorderStatus& recorder, const absl::Status& mysql) {
  if (!recorder.redis.ok()) {
    const bool held = recorder.holds && recorder.spool.ok();
    return held ? ArticleMode::kRedisAwayViewsHeld : ArticleMode::kRedisAwayViewsRefused;
  }
  return mysql.ok() ? ArticleMode::kNormal : ArticleMode::kMysqlAway;
}

void ArticleStatusReader::MysqlSeen(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  mysql_ = std::move(status);
}

ArticleStatus ArticleStatusReader::Read() const {
  ArticleStatus status{.recorder = recorder_.status(),
                       .journal_max_entries = bounds_.journal_max_entries,
                       .life = recorder_.history().life,
                       .durability = durability_.Read()};
  if (spool_ != nullptr) {
    status.spool_bytes = spool_->bytes();
    status.spool_max_bytes = bounds_.spool_max_bytes;
  }
  absl::MutexLock lock(&mutex_);
  status.mysql = mysql_;
  status.mode = ModeOf(status.recorder, status.mysql);
  return status;
}

}  // namespace readcount
