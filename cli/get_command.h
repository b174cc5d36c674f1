#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `get`: articles, nothing recorded.
void AddGetCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
