#pragma once

#include <atomic>
#include <cstddef>

#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace readcount {

// How many calls a service answers at once. gRPC itself limits only those that a client has open: a call that
// was taken back is not one of them, yet costs memory until it has been answered. Thread-safe.
class CallLimit {
 public:
  explicit CallLimit(size_t most) : most_(most) {}

  // One call more, to be ended by End. RESOURCE_EXHAUSTED if there are as many as may be: it is then not
  // counted.
  absl::Status Begin() {
    if (calls_.fetch_add(1, std::memory_order_relaxed) < most_) return absl::OkStatus();
    End();
    return absl::ResourceExhaustedError(absl::StrCat(
        most_, " calls are being answered, the limit of grpc.max_calls: nothing was counted, try later"));
  }

  void End() { calls_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  const size_t most_;
  // Each call changes it on two threads, which read what stands beside it.
  ABSL_CACHELINE_ALIGNED std::atomic<size_t> calls_ = 0;
};

}  // namespace readcount
