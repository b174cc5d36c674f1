#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `completion bash|zsh|fish`: a script that completes command lines, made from the commands as they are.
void AddCompletionCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
