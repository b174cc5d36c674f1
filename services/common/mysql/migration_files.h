#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace readcount::mysql {

// A file of the schema as it was found.
struct MigrationText {
  std::string file;  // 003_dropped_letters.sql, without its folder
  std::string text;
};

// One statement of a file, without its semicolon.
struct MigrationStatement {
  std::string sql;
  int line = 0;  // on which it begins, from 1

  friend bool operator==(const MigrationStatement&, const MigrationStatement&) = default;
};

// One step of the schema. MySQL commits each statement that makes or changes a table by itself, so a crash
// leaves the statements before it done and the file unnoted, and it is run again from its beginning. What
// files must therefore keep:
//   - every statement may be run again, whatever of the file has been done: CREATE TABLE IF NOT EXISTS;
//   - they add to the schema and take nothing away, so that programs of the version before go on meanwhile;
//   - they leave the table of the articles as it is;
//   - once released they never change: what is to be changed comes in a new file.
struct Migration {
  unsigned number = 0;  // 3 of 003_dropped_letters.sql, from 1 without gaps
  std::string name;     // dropped_letters
  std::string file;     // 003_dropped_letters.sql
  std::string sha256;   // of the whole text, hexadecimal
  std::vector<MigrationStatement> statements;
  std::vector<std::string> tables;  // that it creates
};

// `3 (dropped_letters)`, for messages.
std::string Title(unsigned number, absl::string_view name);

// Splits SQL at its semicolons, but for those in quotes and comments. Comments before a statement are left
// out. INVALID_ARGUMENT, naming `file` and line, for a quote or comment without an end, and for DELIMITER,
// which is a command of the mysql client and no SQL.
absl::StatusOr<std::vector<MigrationStatement>> SplitStatements(absl::string_view text,
                                                                absl::string_view file);

// The files in the order of their numbers. INVALID_ARGUMENT, naming the file, if a name is not of the form
// 003_dropped_letters.sql, numbers have a gap or stand twice, or a text cannot be split.
absl::StatusOr<std::vector<Migration>> ParseMigrations(std::vector<MigrationText> texts);

// The same of the files *.sql of a folder; others are not looked at. NOT_FOUND if it cannot be read.
absl::StatusOr<std::vector<Migration>> ReadMigrations(const std::string& folder);

// Those of sql/ that this program was built with. Made by CMake.
const std::vector<MigrationText>& BuiltInMigrationTexts();
const absl::StatusOr<std::vector<Migration>>& BuiltInMigrations();

}  // namespace readcount::mysql
