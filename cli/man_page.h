#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cli/command_tree.h"

namespace readcount::cli {

// The manual page readcount(1), in the man macros of roff, from the commands as they are. `date` is
// YYYY-MM-DD.
std::string ManPage(const std::vector<CommandInfo>& commands, absl::string_view date);

}  // namespace readcount::cli
