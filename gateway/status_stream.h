#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "gateway/backends.h"
#include "readcount/v1/sync_service.grpc.pb.h"
#include "services/common/rpc/rpc_meter.h"

namespace readcount::gateway {

// Adds the token to what a call sends; an empty one is none.
void ShowToken(const std::string& token, grpc::ClientContext& context);

// One WatchStatus stream of SyncService.
class StatusStream final : public Subscription {
 public:
  // Begins at once. `tell` hears each status and at last, once, why the stream has ended, never OK; on
  // threads of gRPC, one call after the other. `stub` and the method's `meter` must outlive the stream, which
  // shows `token` if there is one.
  using Tell = std::function<void(absl::StatusOr<v1::SyncStatus> status)>;
  StatusStream(v1::SyncService::StubInterface& stub, MethodMeter& meter, const std::string& token, Tell tell);

  // Cancels what goes on and waits for it.
  ~StatusStream() override;
  StatusStream(const StatusStream&) = delete;
  StatusStream& operator=(const StatusStream&) = delete;

 private:
  class Reactor final : public grpc::ClientReadReactor<v1::WatchStatusResponse> {
   public:
    Reactor(StatusStream& stream, MethodMeter& meter) : stream_(stream), metered_(meter) {}
    void Start(v1::SyncService::StubInterface& stub, const std::string& token);
    void OnReadDone(bool ok) override;
    void OnDone(const grpc::Status& status) override;
    void Cancel() { context_.TryCancel(); }

   private:
    StatusStream& stream_;
    const MeteredCall metered_;
    grpc::ClientContext context_;
    v1::WatchStatusRequest request_;
    v1::WatchStatusResponse response_;
  };

  const Tell tell_;
  Reactor reactor_;

  absl::Mutex mutex_;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace readcount::gateway
