#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace readcount::cli {

// The exit codes, which scripts may rely on.
enum ExitCode {
  kOk = 0,
  kFailed = 1,
  kBadUsage = 2,
  kUnreachable = 3,
  kRefused = 4,
  kNotKnown = 5,
  kInterrupted = 130,  // what a shell makes of SIGINT
  kTerminated = 143,   // and of SIGTERM
};

// Each with its meaning, for people.
struct ExitCodeMeaning {
  ExitCode code;
  absl::string_view meaning;
};
const std::vector<ExitCodeMeaning>& ExitCodeMeanings();

// The code for how a command ended; of one that was broken off kInterrupted, whatever the signal.
ExitCode ToExitCode(const absl::Status& status);

}  // namespace readcount::cli
