#include "cli/doctor/schema.h"

#include <regex>

#include "absl/strings/str_split.h"

namespace readcount::cli {

Schema ParseSchema(absl::string_view sql) {
  static const std::regex create(R"(^\s*CREATE TABLE (?:IF NOT EXISTS )?`(\w+)`.*)", std::regex::icase);
  static const std::regex alter(R"(^\s*ALTER TABLE `(\w+)`.*)", std::regex::icase);
  static const std::regex add(R"(.*\bADD COLUMN (?:IF NOT EXISTS )?`(\w+)`.*)", std::regex::icase);
  static const std::regex column(R"(^\s*`(\w+)`.*)");
  static const std::regex end(R"(^\s*\).*)");
  Schema schema;
  std::string created, altered;  // the table that the line is about
  for (const absl::string_view text : absl::StrSplit(sql, '\n')) {
    const std::string line(text);
    std::smatch match;
    if (std::regex_match(line, match, create)) {
      created = match[1];
      schema[created];
    } else if (std::regex_match(line, match, end)) {
      created.clear();
    } else if (!created.empty() && std::regex_match(line, match, column)) {
      schema[created].insert(match[1]);
    }
    if (std::regex_match(line, match, alter)) altered = match[1];
    if (!altered.empty() && std::regex_match(line, match, add)) schema[altered].insert(match[1]);
  }
  return schema;
}

}  // namespace readcount::cli
