#pragma once

#include "cli/command.h"
#include "cli/doctor/diagnosis.h"

namespace readcount::cli {

// How the programs do: `article-service`, `sync-service` (reachable, serving, and what their status says is
// wrong), `gateway` (GET /readyz), and of each that serves metrics `….version` and `….descriptors`.
void CheckServices(const Context& context, const Settings& settings, Diagnoses& found);

}  // namespace readcount::cli
