#pragma once

#include <grpcpp/server.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/config/settings.h"

namespace readcount {

// A gRPC server with reflection and grpc.health.v1. Health of "" is SERVING from start to drain; health of
// a service's full name is what SetServing says. Thread-safe.
class RpcServer {
 public:
  // Binds `listen` and serves `services`, which must outlive the server. UNAVAILABLE if the address is
  // taken or cannot be bound; ports are never shared.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(const Address& listen,
                                                          const std::vector<grpc::Service*>& services);

  // Drains with no grace if that has not been done.
  ~RpcServer();

  // The address bound, with the real port.
  const Address& address() const { return address_; }

  // A channel to this server that leaves the process by no socket.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // Sets the health of one service by its full name, for example "readcount.v1.SyncService".
  void SetServing(const std::string& service, bool serving);

  // Health becomes NOT_SERVING, new calls are refused, calls under way get `grace`, then are cancelled.
  void Drain(absl::Duration grace);

 private:
  RpcServer(std::unique_ptr<grpc::Server> server, Address address);

  const std::unique_ptr<grpc::Server> server_;
  const Address address_;
};

}  // namespace readcount
