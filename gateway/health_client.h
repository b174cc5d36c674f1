#pragma once

#include <grpc/health/v1/health.grpc.pb.h>

#include <memory>
#include <string>

#include "gateway/backends.h"
#include "gateway/service_calls.h"

namespace readcount::gateway {

// The health of both services by grpc.health.v1.Health/Check.
class HealthClient final : public HealthBackend {
 public:
  // Asks over the channels that the calls go over. A check takes 1 second at most, or half of
  // `request_timeout` if that is less.
  HealthClient(std::shared_ptr<grpc::Channel> article_service, std::shared_ptr<grpc::Channel> sync_service,
               absl::Duration request_timeout);

  void Check(absl::AnyInvocable<void(const Readiness&)> answer) override;

 private:
  // One service whose health is asked for.
  class Target {
   public:
    Target(const std::shared_ptr<grpc::Channel>& channel, std::string full_name, absl::Duration timeout);
    void Check(absl::AnyInvocable<void(ServiceState)> answer);

   private:
    const std::string full_name_;
    const std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
    ServiceCalls calls_;
  };

  Target article_service_;
  Target sync_service_;
};

}  // namespace readcount::gateway
