#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `sync runs`: the history.
void AddSyncRunsCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
