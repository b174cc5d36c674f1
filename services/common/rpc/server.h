#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/config/settings.h"
#include "services/common/rpc/acceptor.h"
#include "services/common/rpc/listen_socket.h"

namespace readcount {

// A gRPC server with reflection and grpc.health.v1. Health of "" is SERVING from start to drain; health of
// a service's full name is what SetServing says. Connections are accepted by an Acceptor, and what one of
// them may cost is limited by GrpcSettings. Thread-safe, but for Drain.
class RpcServer {
 public:
  // Binds `listen`, as Listen does, and serves `services`, which must outlive the server, over TLS if `tls`
  // has a certificate, whose files CheckTls has found sound. UNAVAILABLE, saying what to do, if the address
  // is taken or cannot be bound, or no descriptor is left; ports are never shared.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(const GrpcSettings& settings, const Address& listen,
                                                          const std::vector<grpc::Service*>& services,
                                                          const TlsSettings& tls = {});

  // Drains with no grace if that has not been done.
  ~RpcServer();

  // The address bound, with the real port.
  const Address& address() const { return address_; }

  // A channel to this server that leaves the process by no socket.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // Sets the health of one service by its full name, for example "readcount.v1.SyncService".
  void SetServing(const std::string& service, bool serving);

  // Health becomes NOT_SERVING, no more connections are accepted, new calls are refused, calls under way get
  // `grace`, then are cancelled.
  void Drain(absl::Duration grace);

 private:
  using HandOver = grpc::experimental::ExternalConnectionAcceptor;

  explicit RpcServer(Address address) : address_(std::move(address)) {}

  absl::Status Build(const GrpcSettings& settings, const std::vector<grpc::Service*>& services,
                     const TlsSettings& tls);
  absl::Status Accept(const GrpcSettings& settings, ListenSockets sockets);

  const Address address_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<HandOver> hand_over_;
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace readcount
