#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `list`: pages of articles, newest first.
void AddListCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
