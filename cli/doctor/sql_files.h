#pragma once

#include "absl/strings/string_view.h"

namespace readcount::cli {

// The files of sql/, one after the other, as they were when this was built.
extern const absl::string_view kSqlFiles;

}  // namespace readcount::cli
