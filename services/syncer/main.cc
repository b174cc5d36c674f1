#include "services/common/rpc/program.h"
#include "services/syncer/sync_server.h"

int main(int argc, char** argv) {
  return readcount::RunProgram(argc, argv, "sync-service", readcount::SyncServer::Check,
                               readcount::SyncServer::Start);
}
