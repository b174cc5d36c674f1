#pragma once

#include "cli/doctor/diagnosis.h"
#include "services/common/base/clock.h"
#include "services/common/config/settings.h"

namespace readcount::cli {

// What is wrong with MySQL: `mysql` (reachable), `mysql.version`, `mysql.settings` (what a crash may lose),
// `mysql.schema`, `mysql.permissions`, `mysql.clock`. Changes nothing in it.
void CheckMysql(const Settings& settings, const Clock& clock, Diagnoses& found);

}  // namespace readcount::cli
