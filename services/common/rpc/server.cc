#include "services/common/rpc/server.h"

#include <grpc/health/v1/health.pb.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "services/common/rpc/credentials.h"

namespace readcount {

namespace {

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

void SetLimits(const GrpcSettings& settings, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(settings.max_message_bytes);
  builder.SetResourceQuota(
      grpc::ResourceQuota("server").Resize(settings.memory_bytes).SetMaxThreads(settings.max_threads));
  // Nobody is shown what channelz would note of each call, and no answer is worth compressing: without them a
  // unary call costs a twentieth less. As much again is saved without the pings that measure how much a
  // connection holds under way: requests are small, the windows of HTTP/2's default do. And as much once more
  // without timers for deadlines: a client of gRPC ends its calls itself, and tells; the call of one that
  // does not is kept while its connection answers pings.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_DEADLINE_CHECKS, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, settings.max_streams);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, settings.max_metadata_bytes);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, Milliseconds(settings.handshake_timeout));
  if (settings.idle_timeout.has_value())
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Milliseconds(*settings.idle_timeout));
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
                                                            const std::vector<grpc::Service*>& services,
                                                            const TlsSettings& tls) {
  grpc::EnableDefaultHealthCheckService(true);
  static const bool reflection = (grpc::reflection::InitProtoReflectionServerBuilderPlugin(), true);
  static_cast<void>(reflection);
  // gRPC's own health service is built without descriptors; linked in here, reflection can describe it.
  google::protobuf::LinkMessageReflection<grpc::health::v1::HealthCheckRequest>();

  absl::StatusOr<ListenSockets> sockets = Listen(listen);
  if (!sockets.ok()) return sockets.status();
  std::unique_ptr<RpcServer> server(new RpcServer(sockets->address));
  if (absl::Status status = server->Build(settings, services, tls); !status.ok()) return status;
  if (absl::Status status = server->Accept(settings, *std::move(sockets)); !status.ok()) return status;
  return server;
}

absl::Status RpcServer::Build(const GrpcSettings& settings, const std::vector<grpc::Service*>& services,
                              const TlsSettings& tls) {
  grpc::ServerBuilder builder;
  hand_over_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, ServerCredentialsOf(tls));
  SetLimits(settings, builder);
  for (grpc::Service* service : services) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  if (server_ != nullptr) return absl::OkStatus();
  return absl::UnavailableError("gRPC cannot start: the lines before this one say why");
}

absl::Status RpcServer::Accept(const GrpcSettings& settings, ListenSockets sockets) {
  absl::StatusOr<std::unique_ptr<Acceptor>> acceptor =
      Acceptor::Start({.max_connections = settings.max_connections}, std::move(sockets),
                      [this](int listener, int connection) {
                        HandOver::NewConnectionParameters parameters;
                        parameters.listener_fd = listener;
                        parameters.fd = connection;
                        hand_over_->HandleNewConnection(&parameters);
                      });
  if (!acceptor.ok()) return acceptor.status();
  acceptor_ = *std::move(acceptor);
  return absl::OkStatus();
}

RpcServer::~RpcServer() {
  if (server_ != nullptr) Drain(absl::ZeroDuration());
}

std::shared_ptr<grpc::Channel> RpcServer::InProcessChannel() {
  return server_->InProcessChannel({});
}

void RpcServer::SetServing(const std::string& service, bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(service, serving);
}

// gRPC closes a connection once its client has answered a ping; one without calls may take seconds to do so.
// To end those at once, calls would have to be counted here, by an interceptor: a tenth of each call's time.
void RpcServer::Drain(absl::Duration grace) {
  server_->GetHealthCheckService()->Shutdown();
  // gRPC closes no connection that it is handed after its shutdown.
  if (acceptor_ != nullptr) acceptor_->Stop();
  server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(grace));
}

}  // namespace readcount
