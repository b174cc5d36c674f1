#include "services/common/rpc/server.h"

#include <grpc/health/v1/health.pb.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

namespace readcount {

namespace {

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

void SetLimits(const GrpcSettings& settings, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(settings.max_message_bytes);
  builder.SetResourceQuota(
      grpc::ResourceQuota("server").Resize(settings.memory_bytes).SetMaxThreads(settings.max_threads));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, settings.max_streams);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, settings.max_metadata_bytes);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, Milliseconds(settings.handshake_timeout));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Milliseconds(settings.idle_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(settings.ping_interval));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(settings.ping_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // A stream may have nothing to say for hours, and its peer is pinged all the same.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Milliseconds(settings.client_ping_interval));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, settings.ping_strikes);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(const GrpcSettings& settings,
                                                            const Address& listen,
                                                            const std::vector<grpc::Service*>& services) {
  grpc::EnableDefaultHealthCheckService(true);
  static const bool reflection = (grpc::reflection::InitProtoReflectionServerBuilderPlugin(), true);
  static_cast<void>(reflection);
  // gRPC's own health service is built without descriptors; linked in here, reflection can describe it.
  google::protobuf::LinkMessageReflection<grpc::health::v1::HealthCheckRequest>();

  absl::StatusOr<ListenSockets> sockets = Listen(listen);
  if (!sockets.ok()) return sockets.status();
  grpc::ServerBuilder builder;
  std::unique_ptr<HandOver> hand_over = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  SetLimits(settings, builder);
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return absl::UnavailableError("gRPC cannot start: the lines before this one say why");
  }
  return std::unique_ptr<RpcServer>(
      new RpcServer(std::move(server), std::move(hand_over), settings, *std::move(sockets)));
}

RpcServer::RpcServer(std::unique_ptr<grpc::Server> server, std::unique_ptr<HandOver> hand_over,
                     const GrpcSettings& settings, ListenSockets sockets)
    : address_(sockets.address),
      server_(std::move(server)),
      hand_over_(std::move(hand_over)),
      acceptor_({.max_connections = settings.max_connections}, std::move(sockets),
                [this](int listener, int connection) {
                  HandOver::NewConnectionParameters parameters;
                  parameters.listener_fd = listener;
                  parameters.fd = connection;
                  hand_over_->HandleNewConnection(&parameters);
                }) {}

RpcServer::~RpcServer() {
  Drain(absl::ZeroDuration());
}

std::shared_ptr<grpc::Channel> RpcServer::InProcessChannel() {
  return server_->InProcessChannel({});
}

void RpcServer::SetServing(const std::string& service, bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(service, serving);
}

void RpcServer::Drain(absl::Duration grace) {
  server_->GetHealthCheckService()->Shutdown();
  // gRPC closes no connection that it is handed after its shutdown.
  acceptor_.Stop();
  server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(grace));
}

}  // namespace readcount
