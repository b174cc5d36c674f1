#pragma once

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace readcount::gateway {

// DEADLINE_EXCEEDED for a request that `who` did not answer in time. What it asked for may happen all the
// same.
inline absl::Status TimeoutError(absl::string_view who, absl::Duration timeout) {
  return absl::DeadlineExceededError(absl::StrCat(who, " did not answer within ",
                                                  absl::FormatDuration(timeout),
                                                  ": what was asked for may still be done; look before you "
                                                  "ask again"));
}

}  // namespace readcount::gateway
