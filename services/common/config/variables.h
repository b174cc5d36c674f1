#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/config/settings.h"

namespace readcount {

// The variable that overrides a key: READCOUNT_SYNC_INTERVAL of `sync.interval`.
std::string VariableOf(absl::string_view key);

// Names of the process's variables that begin with READCOUNT_.
std::vector<std::string> OwnVariables();

// INVALID_ARGUMENT, a line for each, if some of `names` stand for no key of `settings` but were meant to, as
// READCOUNT_AUTH_TOKEN was: they miss one by two letters at most, are the beginning of one, or concern
// access as READCOUNT_AUTH_… and …_TLS_… do. Those that Kubernetes sets for a Service called
// readcount-gateway pass.
absl::Status CheckVariables(const Settings& settings, const std::vector<std::string>& names);

// A warning in the log that names the others which nothing here reads, if there are some.
void WarnOfVariables(const Settings& settings, const std::vector<std::string>& names);

}  // namespace readcount
