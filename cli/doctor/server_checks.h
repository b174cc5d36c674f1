#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cli/doctor/diagnosis.h"
#include "services/common/durability/durability.h"

namespace readcount::cli {

// What checks of Redis and of MySQL share.

// Compares a server's clock with this machine's, which was read before and after the server was.
void JudgeClock(const std::string& check, absl::string_view server, absl::Time told, absl::Time asked,
                absl::Time answered, Diagnoses& found);

// The findings about a server's settings; `sound` says that there are none.
void JudgeSettings(const std::string& check, const std::string& sound, const Durability& durability,
                   Diagnoses& found);

// True for hosts that only this machine reaches.
bool IsOfThisMachine(absl::string_view host);

}  // namespace readcount::cli
