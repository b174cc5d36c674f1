#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `sync watch`: the same, followed.
void AddSyncWatchCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
