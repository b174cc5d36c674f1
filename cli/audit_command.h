#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `audit`: the books.
void AddAuditCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
