#include "cli/exit_code.h"

namespace readcount::cli {

const std::vector<ExitCodeMeaning>& ExitCodeMeanings() {
  static const std::vector<ExitCodeMeaning> meanings = {
      {kOk, "done, and nothing is wrong"},
      {kFailed, "the operation failed, the books do not balance, or doctor found something"},
      {kBadUsage, "the command line, an argument or the configuration is wrong"},
      {kUnreachable, "a service, Redis or MySQL is away or did not answer in time"},
      {kRefused, "credentials are missing or refused"},
      {kNotKnown, "the answer was lost: it may have been done, or not"},
      {kInterrupted, "interrupted by Ctrl-C: ended by SIGINT; `load` shows its summary first"},
      {kTerminated, "ended by SIGTERM, likewise"}};
  return meanings;
}

ExitCode ToExitCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kOk;
    case absl::StatusCode::kInvalidArgument:
      return kBadUsage;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kUnreachable;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kRefused;
    case absl::StatusCode::kUnknown:
      return kNotKnown;
    case absl::StatusCode::kCancelled:
      return kInterrupted;
    default:
      return kFailed;
  }
}

}  // namespace readcount::cli
