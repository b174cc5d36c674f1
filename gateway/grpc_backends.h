#pragma once

#include <grpc/health/v1/health.grpc.pb.h>
#include <grpcpp/channel.h>

#include <atomic>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "gateway/article_stream.h"
#include "gateway/backends.h"
#include "readcount/v1/sync_service.grpc.pb.h"
#include "services/common/config/settings.h"

namespace readcount::gateway {

// A channel to a service that comes back soon after the service does.
std::shared_ptr<grpc::Channel> MakeChannel(const Address& address);

// ArticleService over gRPC: views over streams, everything else as single calls.
class GrpcArticleBackend final : public ArticleBackend {
 public:
  GrpcArticleBackend(const std::shared_ptr<grpc::Channel>& channel, int streams, absl::Duration timeout);

  void View(uint64_t id, Callback<v1::Article> callback) override;
  void Get(uint64_t id, Callback<v1::Article> callback) override;
  void List(const v1::ListArticlesRequest& request, Callback<v1::ListArticlesResponse> callback) override;

  // To be called several times within the timeout.
  void EnforceTimeout();

 private:
  const std::unique_ptr<v1::ArticleService::Stub> stub_;
  const absl::Duration timeout_;
  std::vector<std::unique_ptr<ArticleStream>> streams_;
  std::atomic<size_t> next_ = 0;
};

class GrpcSyncBackend final : public SyncBackend {
 public:
  GrpcSyncBackend(const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout)
      : stub_(v1::SyncService::NewStub(channel)), timeout_(timeout) {}

  void GetStatus(Callback<v1::SyncStatus> callback) override;
  void RunSync(const std::string& requested_by, Callback<v1::SyncRun> callback) override;

 private:
  const std::unique_ptr<v1::SyncService::Stub> stub_;
  const absl::Duration timeout_;
};

class GrpcHealthBackend final : public HealthBackend {
 public:
  GrpcHealthBackend(const std::shared_ptr<grpc::Channel>& articles,
                    const std::shared_ptr<grpc::Channel>& sync, absl::Duration timeout)
      : articles_(grpc::health::v1::Health::NewStub(articles)),
        sync_(grpc::health::v1::Health::NewStub(sync)),
        timeout_(timeout) {}

  void Check(std::function<void(const Readiness&)> callback) override;

 private:
  void CheckOne(grpc::health::v1::Health::Stub& stub, const char* service,
                std::function<void(absl::Status)> callback);

  const std::unique_ptr<grpc::health::v1::Health::Stub> articles_;
  const std::unique_ptr<grpc::health::v1::Health::Stub> sync_;
  const absl::Duration timeout_;
};

}  // namespace readcount::gateway
