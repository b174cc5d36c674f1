#include <cstdlib>

#include "gateway/gateway_server.h"
#include "services/common/rpc/program.h"

int main(int argc, char** argv) {
  // gRPC's other ways of waiting hand each answer from one of its threads to the next, so that many
  // connections can be waited for. Here are two connections: without the handing over a lone request takes a
  // tenth less time.
  setenv("GRPC_POLL_STRATEGY", "poll,all", /*overwrite=*/0);
  return readcount::RunProgram(argc, argv, "gateway", readcount::gateway::GatewayServer::Check,
                               readcount::gateway::GatewayServer::Start);
}
