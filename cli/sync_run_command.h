#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `sync run`: moves all that was counted to MySQL, and shows how far it is.
void AddSyncRunCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
