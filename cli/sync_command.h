#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `sync`: the group of those below.
void AddSyncCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
