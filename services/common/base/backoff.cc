#include "services/common/base/backoff.h"

#include <algorithm>

namespace readcount {

absl::Duration Backoff::Next() {
  const absl::Duration delay = ceiling_ * absl::Uniform(random_, 0.5, 1.0);
  ceiling_ = std::min(ceiling_ * 2, settings_.most);
  return delay;
}

}  // namespace readcount
