#include "cli/rpc/call_outcome.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "services/common/rpc/view_outcome.h"

namespace readcount::cli {
namespace {

using grpc::StatusCode;

// gRPC's own words for a connection that broke. A service that is there says what is away instead.
constexpr absl::string_view kBroken[] = {
    "Socket closed", "Connection reset", "Connection timed out", "Broken pipe",    "recvmsg",  "sendmsg",
    "keepalive",     "GOAWAY",           "Stream removed",       "stream removed", "transport"};

// Whether gRPC gave the call up before it had a connection for it, so that nothing was sent. A peer is known
// once a server has answered; until then it is the channel's target.
bool NothingWasSent(const grpc::Status& status, const grpc::ClientContext& call) {
  return absl::StartsWith(call.peer(), "dns:") &&
         (absl::StartsWith(status.error_message(), "failed to connect to all addresses") ||
          absl::StartsWith(status.error_message(), "DNS resolution failed"));
}

bool SaysNotRecorded(const grpc::ClientContext& call) {
  const auto told = call.GetServerTrailingMetadata().find(kUnansweredMetadata);
  return told != call.GetServerTrailingMetadata().end() && told->second == kNotRecorded;
}

}  // namespace

bool IsKnownUncounted(const grpc::Status& status, const grpc::ClientContext& call) {
  switch (status.error_code()) {
    // By the contract of ArticleService these record nothing; gRPC says them before it sends anything.
    case StatusCode::INVALID_ARGUMENT:
    case StatusCode::NOT_FOUND:
    case StatusCode::PERMISSION_DENIED:
    case StatusCode::UNAUTHENTICATED:
    case StatusCode::RESOURCE_EXHAUSTED:
    case StatusCode::UNIMPLEMENTED:
      return true;
    default:
      return NothingWasSent(status, call) || SaysNotRecorded(call) ||
             absl::StrContains(status.error_message(), kNothingCounted);
  }
}

bool IsAnswerLost(const grpc::Status& status, const grpc::ClientContext& call) {
  switch (status.error_code()) {
    case StatusCode::UNKNOWN:
    case StatusCode::INTERNAL:
    case StatusCode::CANCELLED:
    case StatusCode::DEADLINE_EXCEEDED:
      return true;
    case StatusCode::UNAVAILABLE:
      return !NothingWasSent(status, call) &&
             std::any_of(std::begin(kBroken), std::end(kBroken), [&](absl::string_view words) {
               return absl::StrContains(status.error_message(), words);
             });
    default:
      return false;
  }
}

}  // namespace readcount::cli
