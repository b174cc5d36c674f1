#include "gateway/service_errors.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/log.h"
#include "services/common/rpc/view_outcome.h"

namespace readcount::gateway {
namespace {

constexpr absl::Duration kBetweenLogs = absl::Seconds(1);
bool IsAboutTheRequest(const absl::Status& status) {
  return status.ok() || absl::IsNotFound(status) || absl::IsInvalidArgument(status) ||
         absl::IsResourceExhausted(status);
}

// UNKNOWN is what gRPC calls a connection that broke in the middle of an answer, CANCELLED what a service
// that is stopping says to a call that comes.
absl::StatusCode CodeFor(const absl::Status& status) {
  return absl::IsUnknown(status) || absl::IsCancelled(status) ? absl::StatusCode::kUnavailable
                                                              : status.code();
}

absl::string_view Reason(absl::StatusCode code) {
  if (code == absl::StatusCode::kUnauthenticated)
    return " does not take the gateway's credentials: the gateway's log tells what to set";
  if (code == absl::StatusCode::kUnavailable) return " is not available: try again later";
  if (code == absl::StatusCode::kDeadlineExceeded) return " did not answer in time: try again later";
  return " failed: its log tells why";
}

// gRPC tells of a certificate in OpenSSL's words or in its own.
absl::string_view HintAt(const absl::Status& status) {
  for (absl::string_view words :
       {"certificate verify failed", "erification Check failed", "verification check failed"}) {
    if (absl::StrContains(status.message(), words))
      return "the certificate of the service has expired, is not of gateway.services_ca or has another name "
             "than "
             "the gateway calls it by";
  }
  return "";
}

}  // namespace

absl::Status ServiceErrors::ForClient(const absl::Status& status) {
  if (IsAboutTheRequest(status)) return status;
  LogNowAndThen(status);
  const absl::StatusCode code = CodeFor(status);
  const std::string message = absl::StrCat(service_, Reason(code));
  // The client's own credentials, which 401 would ask for, are not at fault.
  return {absl::IsUnauthenticated(status) ? absl::StatusCode::kUnavailable : code, message};
}

absl::Status ServiceErrors::ForViewer(const absl::Status& status) {
  if (IsAboutTheRequest(status)) return status;
  // As the contract of ArticleService says.
  const bool certain = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  const absl::StatusCode code = CodeFor(status);
  LogNowAndThen(status);
  return {code, absl::StrCat(certain ? kNothingCounted : "the view may have been counted", ": ", service_,
                             Reason(code))};
}

void ServiceErrors::LogNowAndThen(const absl::Status& status) {
  const int64_t now = absl::ToInt64Nanoseconds(clock_.Elapsed());
  int64_t next = next_log_ns_;
  if (now < next || !next_log_ns_.compare_exchange_strong(next, now + absl::ToInt64Nanoseconds(kBetweenLogs)))
    return;
  const absl::string_view hint = HintAt(status);
  if (hint.empty())
    return Log(LogLevel::kWarning, "service_error", {{"service", service_}, {"status", status}});
  Log(LogLevel::kWarning, "service_error", {{"service", service_}, {"status", status}, {"hint", hint}});
}

}  // namespace readcount::gateway
