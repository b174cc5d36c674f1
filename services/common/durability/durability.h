#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace readcount {

enum class FindingSeverity {
  kNotice,   // worth knowing: nothing is lost by it alone
  kWarning,  // views may be lost when a server or its machine dies
  kError,    // views are refused or cannot reach MySQL, or may be thrown away without any crash
};

// One setting of a server that weakens what the services promise. The text names the setting, its value, what
// may be lost, and what to set instead.
struct Finding {
  FindingSeverity severity = FindingSeverity::kNotice;
  std::string text;

  friend bool operator==(const Finding&, const Finding&) = default;
};

// Settings of Redis: `config` by the names of CONFIG GET, `info` by the fields of INFO. What the server did
// not tell is not there.
struct RedisFacts {
  std::map<std::string, std::string, std::less<>> config;
  std::map<std::string, std::string, std::less<>> info;
  std::string config_refused;  // why CONFIG GET is not allowed; empty if it is
};

// Settings of MySQL or MariaDB: global variables by name, and how its schema stands to the migrations of this
// program, each as `3 (dropped_letters)`.
struct MysqlFacts {
  std::map<std::string, std::string, std::less<>> variables;
  std::vector<std::string> missing_migrations;
  std::string unknown_migration;  // the newest that this program does not know; empty if there is none
};

// Who besides Redis has a view until MySQL has it.
enum class WriterMemory {
  kUnknown,  // asked by a program that is no writer
  kProcess,  // the article service's memory
  kDisk,     // its spool as well: article.spool_keeps is everything
};

struct Durability {
  std::string level;              // what holds, in one sentence
  std::vector<Finding> findings;  // the worst first
  bool schema_complete = true;    // no migration is missing, as far as is known

  friend bool operator==(const Durability&, const Durability&) = default;
};

// What the settings promise. A server that has not been asked yet is none, and has no findings.
Durability JudgeDurability(const std::optional<RedisFacts>& redis, const std::optional<MysqlFacts>& mysql,
                           WriterMemory memory);

}  // namespace readcount
