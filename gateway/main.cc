#include <cstdlib>

#include "gateway/gateway_server.h"
#include "services/common/rpc/program.h"

int main(int argc, char** argv) {
  // gRPC's other ways of waiting hand each answer from one of its threads to the next, so that many
  // connections can be waited for. Here are two connections: without the handing over a lone request takes a
  // tenth less time.
  setenv("GRPC_POLL_STRATEGY", "poll,all", /*overwrite=*/0);
  // While each call fails at once nobody waits for the connection that is being made; gRPC looks after it
  // only every 5 s unless told, long after the service is back.
  setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "100", /*overwrite=*/0);
  return readcount::RunProgram(argc, argv, "gateway", readcount::gateway::GatewayServer::Check,
                               readcount::gateway::GatewayServer::Start);
}
