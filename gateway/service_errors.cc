#include "gateway/service_errors.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/log.h"

namespace readcount::gateway {
namespace {

constexpr absl::Duration kBetweenLogs = absl::Seconds(1);
bool IsAboutTheRequest(const absl::Status& status) {
  return status.ok() || absl::IsNotFound(status) || absl::IsInvalidArgument(status) ||
         absl::IsResourceExhausted(status);
}

absl::string_view Reason(absl::StatusCode code) {
  if (code == absl::StatusCode::kUnavailable) return " is not available: try again later";
  if (code == absl::StatusCode::kDeadlineExceeded) return " did not answer in time: try again later";
  return " failed: its log tells why";
}

}  // namespace

absl::Status ServiceErrors::ForClient(const absl::Status& status) {
  if (IsAboutTheRequest(status)) return status;
  LogNowAndThen(status);
  // So gRPC calls a connection that broke in the middle of an answer.
  const absl::StatusCode code = absl::IsUnknown(status) ? absl::StatusCode::kUnavailable : status.code();
  return {code, absl::StrCat(service_, Reason(code))};
}

absl::Status ServiceErrors::ForViewer(const absl::Status& status) {
  if (IsAboutTheRequest(status)) return status;
  // As the contract of ArticleService says.
  const bool certain = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  const absl::StatusCode code = absl::IsUnknown(status) ? absl::StatusCode::kUnavailable : status.code();
  LogNowAndThen(status);
  return {code, absl::StrCat(certain ? "nothing was counted" : "the view may have been counted", ": ",
                             service_, Reason(code))};
}

void ServiceErrors::LogNowAndThen(const absl::Status& status) {
  const int64_t now = absl::ToInt64Nanoseconds(clock_.Elapsed());
  int64_t next = next_log_ns_;
  if (now < next || !next_log_ns_.compare_exchange_strong(next, now + absl::ToInt64Nanoseconds(kBetweenLogs)))
    return;
  Log(LogLevel::kWarning, "service_error", {{"service", service_}, {"status", status}});
}

}  // namespace readcount::gateway
