#include "cli/sync_status_command.h"

#include <ostream>

#include "cli/endpoint.h"
#include "cli/json.h"
#include "cli/rpc/sync_client.h"
#include "cli/sync_text.h"

namespace readcount::cli {
namespace {

absl::Status ShowStatus(Context& context) {
  const absl::StatusOr<Endpoint> endpoint = SyncEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  const absl::StatusOr<v1::SyncStatus> status = SyncClient(*endpoint).GetStatus();
  if (!status.ok()) return status.status();
  if (context.json()) {
    context.out.stream << MessageJson(*status) << '\n';
  } else {
    PrintStatus(*status, context.out.stream);
  }
  return absl::OkStatus();
}

}  // namespace

void AddSyncStatusCommand(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("status", "Show what the syncer is doing");
  command->callback([&context] { context.command = [&context] { return ShowStatus(context); }; });
}

}  // namespace readcount::cli
