#pragma once

#include "cli/command.h"

namespace readcount::cli {

// `dead-letters list`, `retry` and `drop`: fields of the hash that could not be added to an article.
void AddDeadLettersCommand(CLI::App& app, Context& context);

}  // namespace readcount::cli
