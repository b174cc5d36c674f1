#include "cli/rpc/health_client.h"

#include <grpc/health/v1/health.grpc.pb.h>

#include "absl/strings/str_cat.h"
#include "cli/rpc/unary_call.h"

namespace readcount::cli {

absl::Status CheckHealth(const Endpoint& endpoint, const std::string& service) {
  namespace health = grpc::health::v1;
  const auto stub = health::Health::NewStub(MakeChannel(endpoint));
  health::HealthCheckRequest request;
  request.set_service(service);
  const auto response = CallUnary(*stub, &health::Health::Stub::Check, request, endpoint);
  if (!response.ok()) return response.status();
  if (response->status() == health::HealthCheckResponse::SERVING) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(endpoint.name, " at ", endpoint.address, " is not serving: its log tells why"));
}

}  // namespace readcount::cli
