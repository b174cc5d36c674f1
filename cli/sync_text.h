#pragma once

#include <ostream>
#include <string>

#include "readcount/v1/sync_service.pb.h"

namespace readcount::cli {

// A run in one line: `run 12 succeeded: 2 articles, 7 views in 12ms`.
std::string RunLine(const v1::SyncRun& run);

// A status as lines of `name  value`.
void PrintStatus(const v1::SyncStatus& status, std::ostream& out);

}  // namespace readcount::cli
