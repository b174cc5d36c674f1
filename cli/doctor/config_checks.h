#pragma once

#include <optional>

#include "cli/command.h"
#include "cli/doctor/diagnosis.h"

namespace readcount::cli {

// Whether the configuration can be read and is valid: `config`. Its settings, if so.
std::optional<Settings> CheckConfiguration(const Context& context, Diagnoses& found);

// Whether others may read files that hold secrets: `config.secrets`, `token.secrets`.
void CheckSecrets(const Context& context, const Settings& settings, Diagnoses& found);

// Who can reach the ports: `listen.article`, `listen.sync`, `listen.gateway`, `listen.metrics`.
void CheckBinds(const Settings& settings, Diagnoses& found);

}  // namespace readcount::cli
