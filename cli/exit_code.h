#pragma once

#include "absl/status/status.h"

namespace readcount::cli {

// The exit codes, which scripts may rely on.
enum ExitCode {
  kOk = 0,
  kFailed = 1,       // the operation failed, the books do not balance, doctor found a problem
  kBadUsage = 2,     // the command line, the configuration or an argument is wrong
  kUnreachable = 3,  // a service, Redis or MySQL is away or did not answer in time
  kRefused = 4,      // the credentials are missing or refused
  kNotKnown = 5,     // the answer was lost: it may have been done, or not
};

// The code for how a command ended.
ExitCode ToExitCode(const absl::Status& status);

}  // namespace readcount::cli
