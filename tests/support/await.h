#pragma once

#include "absl/functional/function_ref.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace readcount::testing {

// Asks again and again until `holds`, for states of which nobody tells; false if it does not within
// `longest`.
[[nodiscard]] inline bool Await(absl::FunctionRef<bool()> holds, absl::Duration longest = absl::Seconds(30)) {
  constexpr absl::Duration kAskAgain = absl::Milliseconds(10);
  const absl::Time deadline = absl::Now() + longest;
  while (!holds()) {
    if (absl::Now() >= deadline) return false;
    absl::SleepFor(kAskAgain);
  }
  return true;
}

}  // namespace readcount::testing
