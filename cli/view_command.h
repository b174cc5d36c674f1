#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `view`: articles, a view of each recorded.
void AddViewCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
