#include "gateway/sync_client.h"

#include <utility>

namespace readcount::gateway {

SyncClient::SyncClient(const std::shared_ptr<grpc::Channel>& channel, absl::Duration request_timeout)
    : stub_(v1::SyncService::NewStub(channel)), calls_(channel, "SyncService", request_timeout) {}

void SyncClient::Status(Answer<v1::SyncStatus> answer) {
  calls_.Start<v1::GetStatusRequest, v1::GetStatusResponse>(
      {},
      [this](auto* context, auto* get, auto* response, ServiceCalls::Finished finished) {
        stub_->async()->GetStatus(context, get, response, std::move(finished));
      },
      [answer = std::move(answer)](const absl::StatusOr<const v1::GetStatusResponse*>& response) mutable {
        if (!response.ok()) return answer(response.status());
        answer(&(*response)->status());
      });
}

void SyncClient::Run(v1::RunSyncRequest request, Answer<v1::SyncRun> answer) {
  calls_.Start<v1::RunSyncRequest, v1::RunSyncResponse>(
      std::move(request),
      [this](auto* context, auto* run, auto* response, ServiceCalls::Finished finished) {
        stub_->async()->RunSync(context, run, response, std::move(finished));
      },
      [answer = std::move(answer)](const absl::StatusOr<const v1::RunSyncResponse*>& response) mutable {
        if (!response.ok()) return answer(response.status());
        answer(&(*response)->run());
      });
}

}  // namespace readcount::gateway
