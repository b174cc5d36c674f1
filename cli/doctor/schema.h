#pragma once

#include <map>
#include <set>
#include <string>

#include "absl/strings/string_view.h"

namespace readcount::cli {

// Column names by table.
using Schema = std::map<std::string, std::set<std::string>>;

// The tables and columns that SQL text creates, as the files of sql/ are written: `CREATE TABLE … (`, each
// column on a line that begins with its quoted name, and `ALTER TABLE … ADD COLUMN`.
Schema ParseSchema(absl::string_view sql);

}  // namespace readcount::cli
