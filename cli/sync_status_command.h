#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `sync status`: what the syncer is doing.
void AddSyncStatusCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
