#include "gateway/health_client.h"

#include <algorithm>
#include <utility>

#include "absl/synchronization/mutex.h"

namespace readcount::gateway {
namespace {

constexpr absl::Duration kMaxTimeout = absl::Seconds(1);

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// Waits for both states, then answers.
struct Join {
  absl::Mutex mutex;
  int missing ABSL_GUARDED_BY(mutex) = 2;
  Readiness readiness;
  absl::AnyInvocable<void(const Readiness&)> answer;

  void Set(ServiceState& place, ServiceState state) {
    {
      absl::MutexLock lock(&mutex);
      place = std::move(state);
      if (--missing > 0) return;
    }
    answer(readiness);
  }
};

}  // namespace

HealthClient::Target::Target(const std::shared_ptr<grpc::Channel>& channel, std::string full_name,
                             absl::Duration timeout)
    : full_name_(std::move(full_name)),
      stub_(grpc::health::v1::Health::NewStub(channel)),
      calls_(channel, full_name_, timeout) {}

void HealthClient::Target::Check(absl::AnyInvocable<void(ServiceState)> answer) {
  HealthCheckRequest request;
  request.set_service(full_name_);
  calls_.Start<HealthCheckRequest, HealthCheckResponse>(
      std::move(request),
      [this](auto* context, auto* check, auto* response, ServiceCalls::Finished finished) {
        stub_->async()->Check(context, check, response, std::move(finished));
      },
      [answer = std::move(answer)](const absl::StatusOr<const HealthCheckResponse*>& response) mutable {
        if (!response.ok()) {
          return answer({.text = absl::StatusCodeToString(response.status().code())});
        }
        const HealthCheckResponse::ServingStatus state = (*response)->status();
        answer({.serving = state == HealthCheckResponse::SERVING,
                .text = HealthCheckResponse::ServingStatus_Name(state)});
      });
}

HealthClient::HealthClient(std::shared_ptr<grpc::Channel> article_service,
                           std::shared_ptr<grpc::Channel> sync_service, absl::Duration request_timeout)
    : article_service_(article_service, "readcount.v1.ArticleService",
                       std::min(kMaxTimeout, request_timeout / 2)),
      sync_service_(sync_service, "readcount.v1.SyncService", std::min(kMaxTimeout, request_timeout / 2)) {}

void HealthClient::Check(absl::AnyInvocable<void(const Readiness&)> answer) {
  auto join = std::make_shared<Join>();
  join->answer = std::move(answer);
  article_service_.Check(
      [join](ServiceState state) { join->Set(join->readiness.article_service, std::move(state)); });
  sync_service_.Check(
      [join](ServiceState state) { join->Set(join->readiness.sync_service, std::move(state)); });
}

}  // namespace readcount::gateway
