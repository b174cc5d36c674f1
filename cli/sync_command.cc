#include "cli/sync_command.h"

#include "cli/sync_run_command.h"
#include "cli/sync_runs_command.h"
#include "cli/sync_status_command.h"
#include "cli/sync_watch_command.h"

namespace readcount::cli {

void AddSyncCommand(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("sync", "Move views to MySQL, and see how that goes");
  group->require_subcommand(1);
  AddSyncRunCommand(*group, context);
  AddSyncStatusCommand(*group, context);
  AddSyncWatchCommand(*group, context);
  AddSyncRunsCommand(*group, context);
}

}  // namespace readcount::cli
