#pragma once

#include <memory>

#include "gateway/backends.h"
#include "gateway/service_calls.h"
#include "readcount/v1/sync_service.grpc.pb.h"

namespace readcount::gateway {

// SyncService over gRPC.
class SyncClient final : public SyncBackend {
 public:
  SyncClient(const std::shared_ptr<grpc::Channel>& channel, absl::Duration request_timeout);

  void Status(Answer<v1::SyncStatus> answer) override;
  void Run(v1::RunSyncRequest request, Answer<v1::SyncRun> answer) override;

 private:
  const std::unique_ptr<v1::SyncService::Stub> stub_;
  ServiceCalls calls_;
};

}  // namespace readcount::gateway
