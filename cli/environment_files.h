#pragma once

#include <string>
#include <vector>

#include "services/common/config/settings.h"

namespace readcount::cli {

// Variables of `first`, or else of the files, the first of which wins: lines KEY=VALUE as systemd reads them
// (systemd.exec(5), EnvironmentFile=), of which only READCOUNT_… counts. Of equal ones in a file the last
// wins. Files that cannot be read give none.
Environment WithFiles(Environment first, const std::vector<std::string>& paths);

// True for a file that is there, or may be, and that this user may not read.
bool IsKeptSecret(const std::string& path);

}  // namespace readcount::cli
