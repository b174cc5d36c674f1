#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `doctor`: looks for what is wrong with the configuration, the servers and this machine.
void AddDoctorCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
