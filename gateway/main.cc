#include "gateway/gateway_server.h"
#include "services/common/rpc/program.h"

int main(int argc, char** argv) {
  return readcount::RunProgram(argc, argv, "gateway", readcount::gateway::GatewayServer::Start);
}
