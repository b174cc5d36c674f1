#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.h"

namespace readcount::cli {

// Scripts that complete command lines of readcount in a shell, from the commands as they are.
std::string BashCompletion(const std::vector<CommandInfo>& commands);
std::string ZshCompletion(const std::vector<CommandInfo>& commands);
std::string FishCompletion(const std::vector<CommandInfo>& commands);

}  // namespace readcount::cli
