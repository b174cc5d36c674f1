#include "services/syncer/traffic.h"

namespace readcount {
namespace {

// Shorter spans say too little.
constexpr absl::Duration kShortest = absl::Milliseconds(20);

}  // namespace

void Traffic::Seen(const BatchLedger::Pending& pending) {
  absl::MutexLock lock(&mutex_);
  const absl::Duration now = clock_.Elapsed();
  const absl::Duration span = now - seen_at_;
  if (span < kShortest) return;
  // A new life begins to count anew.
  const auto views = static_cast<double>(pending.state.life == life_ ? pending.recorded - recorded_ : 0);
  if (views > busy_views_ * absl::ToDoubleSeconds(span)) busy_until_ = now + kLinger;
  life_ = pending.state.life;
  recorded_ = pending.recorded;
  seen_at_ = now;
}

bool Traffic::Busy() const {
  absl::MutexLock lock(&mutex_);
  return clock_.Elapsed() < busy_until_;
}

}  // namespace readcount
