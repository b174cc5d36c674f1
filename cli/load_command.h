#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `load`: views articles for a trial, and tells how fast and with what outcome.
void AddLoadCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
