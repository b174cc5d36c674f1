#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `migrate`: brings MySQL to the schema of this version.
void AddMigrateCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
