#include "gateway/status_stream.h"

#include <utility>

#include "services/common/rpc/status.h"

namespace readcount::gateway {

void ShowToken(const std::string& token, grpc::ClientContext& context) {
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
}

StatusStream::StatusStream(v1::SyncService::StubInterface& stub, MethodMeter& meter, const std::string& token,
                           Tell tell)
    : tell_(std::move(tell)), reactor_(*this, meter) {
  reactor_.Start(stub, token);
}

StatusStream::~StatusStream() {
  reactor_.Cancel();
  absl::MutexLock lock(&mutex_, absl::Condition(&over_));
}

void StatusStream::Reactor::Start(v1::SyncService::StubInterface& stub, const std::string& token) {
  ShowToken(token, context_);
  stub.async()->WatchStatus(&context_, &request_, this);
  StartRead(&response_);
  StartCall();
}

void StatusStream::Reactor::OnReadDone(bool ok) {
  if (!ok) return;
  metered_.MessageReceived();
  stream_.tell_(std::move(*response_.mutable_status()));
  response_.Clear();
  StartRead(&response_);
}

void StatusStream::Reactor::OnDone(const grpc::Status& status) {
  metered_.End(static_cast<absl::StatusCode>(status.error_code()));
  stream_.tell_(status.ok() ? absl::UnavailableError("the stream has ended") : FromGrpc(status));
  // Last: then the stream may go.
  absl::MutexLock lock(&stream_.mutex_);
  stream_.over_ = true;
}

}  // namespace readcount::gateway
