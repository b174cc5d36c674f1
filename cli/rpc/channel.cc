#include "cli/rpc/channel.h"

#include <grpcpp/grpcpp.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/rpc/status.h"

namespace readcount::cli {
namespace {

// As in the gateway: a page of articles with texts of 64 KB fits, and a peer that is gone is noticed.
constexpr int kMaxReplyBytes = 80 << 20;
constexpr int kPingAfterMs = 10'000, kPingTimeoutMs = 5000;

std::string ToReach(const absl::Status& status, const Endpoint& endpoint) {
  std::string check = absl::StrCat(": check that it runs, or name its address by ", endpoint.option);
  if (absl::StrContains(status.message(), "Connection refused")) return check;
  return check + (endpoint.credentials.tls ? "; does it speak TLS, with a certificate that --tls-ca covers?"
                                           : "; does it ask for TLS (--tls-ca)?");
}

std::string ToDo(const absl::Status& status, const Endpoint& endpoint) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return absl::StrContains(status.message(), "connect") ? ToReach(status, endpoint) : "";
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return endpoint.credentials.token.empty() ? ": give a token by --token-file or READCOUNT_TOKEN"
                                                : ": check the token of --token-file or READCOUNT_TOKEN";
    case absl::StatusCode::kUnimplemented:
      return absl::StrCat(": it does not know this call: is it older than this readcount ", READCOUNT_VERSION,
                          "?");
    case absl::StatusCode::kDeadlineExceeded:
      return absl::StrCat(": no answer within ", absl::FormatDuration(endpoint.timeout),
                          ": allow more by --timeout");
    default:
      return "";
  }
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const Endpoint& endpoint) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingAfterMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Each channel has connections of its own: `load` opens as many as it is told.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(kMaxReplyBytes);
  const Credentials& own = endpoint.credentials;
  const auto credentials =
      own.tls ? grpc::SslCredentials(
                    {.pem_root_certs = own.ca, .pem_private_key = own.key, .pem_cert_chain = own.certificate})
              : grpc::InsecureChannelCredentials();
  return grpc::CreateCustomChannel("dns:///" + endpoint.address, credentials, arguments);
}

void PrepareStream(grpc::ClientContext& call, const Endpoint& endpoint) {
  if (!endpoint.credentials.token.empty())
    call.AddMetadata("authorization", absl::StrCat("Bearer ", endpoint.credentials.token));
}

void PrepareCall(grpc::ClientContext& call, const Endpoint& endpoint) {
  PrepareStream(call, endpoint);
  call.set_deadline(absl::ToChronoTime(absl::Now() + endpoint.timeout));
}

absl::Status Explained(const grpc::Status& status, const Endpoint& endpoint) {
  absl::Status plain = FromGrpc(status);
  if (plain.ok()) return plain;
  return {plain.code(), absl::StrCat(endpoint.name, " at ", endpoint.address, ": ", plain.message(),
                                     ToDo(plain, endpoint))};
}

}  // namespace readcount::cli
