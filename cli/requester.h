#pragma once

#include <CLI/App.hpp>
#include <string>

#include "cli/command.h"

namespace readcount::cli {

// Adds the option --requested-by, of which `record` says where the name is kept. Without it `name` is USER of
// the environment or, where that is not set, as under cron and systemd, the name of the user whom the program
// runs as; `readcount` for a user without a name.
CLI::Option* AddRequester(CLI::App& app, const Context& context, std::string& name,
                          const std::string& record);

}  // namespace readcount::cli
