#include "gateway/service_calls.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>

#include "absl/strings/str_cat.h"
#include "gateway/timeout_error.h"
#include "services/common/base/log.h"
#include "services/common/rpc/status.h"

namespace readcount::gateway {
namespace {

constexpr absl::Duration kFirstReconnect = absl::Milliseconds(100);
constexpr absl::Duration kSlowestReconnect = absl::Seconds(1);
constexpr absl::Duration kConnectTimeout = absl::Seconds(5);

// Above the largest answer: a full batch of articles with the longest title, text and author that MySQL
// holds.
constexpr int kMaxAnswerBytes = 128 << 20;

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

}  // namespace

std::shared_ptr<grpc::Channel> OpenChannel(const Address& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, Milliseconds(kFirstReconnect));
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, Milliseconds(kConnectTimeout));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, Milliseconds(kSlowestReconnect));
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Each channel a connection of its own: streams to one address do not share a socket.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  return grpc::CreateCustomChannel(address.ToString(), grpc::InsecureChannelCredentials(), arguments);
}

ServiceCalls::ServiceCalls(std::shared_ptr<grpc::Channel> channel, std::string name, absl::Duration timeout)
    : channel_(std::move(channel)), name_(std::move(name)), timeout_(timeout) {}

ServiceCalls::~ServiceCalls() {
  absl::MutexLock lock(&mutex_);
  for (grpc::ClientContext* context : under_way_) context->TryCancel();
  mutex_.Await(absl::Condition(this, &ServiceCalls::Empty));
}

void ServiceCalls::Begin(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(timeout_));
  absl::MutexLock lock(&mutex_);
  under_way_.insert(&context);
}

void ServiceCalls::End(grpc::ClientContext& context) {
  absl::MutexLock lock(&mutex_);
  under_way_.erase(&context);
}

absl::Status ServiceCalls::Explain(const grpc::Status& status) const {
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) return TimeoutError(name_, timeout_);
  const absl::Status error = FromGrpc(status);
  const bool connected = channel_->GetState(false) == GRPC_CHANNEL_READY;
  if (!absl::IsUnavailable(error) || connected) return error;
  // gRPC's own words name addresses, which are no business of the gateway's clients.
  Log(LogLevel::kDebug, "service_unreachable", {{"service", name_}, {"error", error}});
  return absl::UnavailableError(absl::StrCat(name_, " cannot be reached: try again in a moment"));
}

}  // namespace readcount::gateway
