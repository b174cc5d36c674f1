#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `man`, which help does not show: the manual page, made from the commands as they are.
void AddManCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
