#pragma once

#include <CLI/App.hpp>
#include <memory>

#include "cli/command.h"

namespace readcount::cli {

// The whole of `readcount`: the options of all commands, and the commands. `context` must outlive it.
std::unique_ptr<CLI::App> MakeApp(Context& context);

}  // namespace readcount::cli
