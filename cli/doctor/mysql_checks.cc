#include "cli/doctor/mysql_checks.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/doctor/schema.h"
#include "cli/doctor/server_checks.h"
#include "services/common/durability/mysql_facts.h"
#include "services/common/mysql/connection.h"
#include "services/common/mysql/migration_files.h"
#include "services/common/mysql/pool.h"

namespace readcount::cli {
namespace {

constexpr char kArticles[] = "articles";

// That of the files of sql/.
const Schema& BuiltInSchema() {
  static const Schema schema = [] {
    std::string sql;
    for (const mysql::MigrationText& file : mysql::BuiltInMigrationTexts())
      absl::StrAppend(&sql, file.text, "\n");
    return ParseSchema(sql);
  }();
  return schema;
}

// Of our tables; without those that are not there at all.
absl::StatusOr<Schema> ReadSchema(mysql::Connection& connection) {
  const absl::StatusOr<mysql::Result> result = connection.Execute(
      "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()");
  if (!result.ok()) return result.status();
  Schema schema;
  for (const std::vector<mysql::Field>& row : result->rows)
    schema[row[0].value_or("")].insert(row[1].value_or(""));
  return schema;
}

// What of the built-in schema is missing, as `table` or `table.column`.
std::vector<std::string> Missing(const Schema& there) {
  std::vector<std::string> missing;
  for (const auto& [table, columns] : BuiltInSchema()) {
    const auto found = there.find(table);
    if (found == there.end()) {
      missing.push_back(table);
      continue;
    }
    for (const std::string& column : columns) {
      if (!found->second.contains(column)) missing.push_back(absl::StrCat(table, ".", column));
    }
  }
  return missing;
}

// The services do not serve while a migration is missing, even if its tables are there.
bool CheckMigrations(const absl::StatusOr<MysqlFacts>& facts, Diagnoses& found) {
  if (!facts.ok()) {
    found.Problem("mysql.schema", std::string(facts.status().message()),
                  "let the user read information_schema and read_count_migrations");
    return false;
  }
  if (!facts->missing_migrations.empty()) {
    found.Problem("mysql.schema",
                  absl::StrCat("missing are the migrations ", absl::StrJoin(facts->missing_migrations, ", "),
                               ": the services do not serve until they are there"),
                  "run readcount migrate; that is safe to repeat");
  }
  if (!facts->unknown_migration.empty()) {
    found.Warn("mysql.schema",
               absl::StrCat("the migration ", facts->unknown_migration, " is newer than this readcount ",
                            READCOUNT_VERSION),
               "use the version that the database is for");
  }
  return facts->missing_migrations.empty() && facts->unknown_migration.empty();
}

void CheckSchema(const absl::StatusOr<Schema>& schema, const absl::StatusOr<MysqlFacts>& facts,
                 Diagnoses& found) {
  if (!schema.ok()) {
    return found.Problem("mysql.schema", std::string(schema.status().message()),
                         "let the user read information_schema");
  }
  const bool migrated = CheckMigrations(facts, found);
  const std::vector<std::string> missing = Missing(*schema);
  if (!missing.empty()) {
    return found.Problem("mysql.schema",
                         absl::StrCat("missing are ", absl::StrJoin(missing, ", "),
                                      ": views stay in Redis until they are there"),
                         "run readcount migrate; that is safe to repeat");
  }
  if (migrated) found.Ok("mysql.schema", "all migrations, tables and columns of sql/ are there");
}

// Statements that need a privilege on a table and change no row.
std::vector<std::pair<std::string, std::string>> HarmlessUses(const std::string& table,
                                                              const std::string& column) {
  const auto text = [&](absl::string_view before, absl::string_view after) {
    return absl::StrCat(before, " `", table, "` ", after);
  };
  std::vector<std::pair<std::string, std::string>> uses = {
      {"SELECT", text("SELECT 1 FROM", "WHERE 1 = 0")},
      {"UPDATE", text("UPDATE", absl::StrCat("SET `", column, "` = `", column, "` WHERE 1 = 0"))}};
  // Articles are others' to write and to delete.
  if (table == kArticles) return uses;
  uses.emplace_back(
      "INSERT", absl::StrCat("INSERT INTO `", table, "` (`", column, "`) SELECT 1 FROM DUAL WHERE 1 = 0"));
  uses.emplace_back("DELETE", text("DELETE FROM", "WHERE 1 = 0"));
  return uses;
}

bool IsDenied(const absl::Status& status) {
  return absl::StrContains(status.message(), "denied") || absl::IsPermissionDenied(status);
}

void CheckPermissions(mysql::Connection& connection, const Schema& there, Diagnoses& found) {
  std::vector<std::string> denied;
  for (const auto& [table, columns] : BuiltInSchema()) {
    const auto here = there.find(table);
    if (here == there.end()) continue;  // said by the schema
    const std::string& column = table == kArticles ? "read_count" : *here->second.begin();
    for (const auto& [privilege, sql] : HarmlessUses(table, column)) {
      if (IsDenied(connection.Execute(sql).status()))
        denied.push_back(absl::StrCat(privilege, " on ", table));
    }
  }
  if (denied.empty()) return found.Ok("mysql.permissions", "the user may read and write what is needed");
  found.Problem("mysql.permissions", absl::StrCat("the user may not ", absl::StrJoin(denied, ", ")),
                "GRANT SELECT, INSERT, UPDATE, DELETE ON article_sys.* TO the user of mysql.dsn");
}

void CheckClock(mysql::Connection& connection, const Clock& clock, Diagnoses& found) {
  const absl::Time asked = clock.Now();
  const absl::StatusOr<mysql::Result> result = connection.Execute("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)");
  const absl::Time answered = clock.Now();
  absl::Time told;
  if (!result.ok() || result->rows.size() != 1 ||
      !absl::ParseTime("%Y-%m-%d %H:%M:%E*S", result->rows[0][0].value_or(""), &told, nullptr)) {
    return found.Warn("mysql.clock", "MySQL does not tell its time", "see its log");
  }
  JudgeClock("mysql.clock", "MySQL", told, asked, answered, found);
}

void CheckVersion(const MysqlFacts& facts, Diagnoses& found) {
  const auto version = facts.variables.find("version");
  if (version != facts.variables.end())
    found.Ok("mysql.version", absl::StrCat("the server is ", version->second));
}

// Of the version and the settings; what is wrong with the schema is CheckSchema's.
void CheckSettings(MysqlFacts facts, Diagnoses& found) {
  facts.missing_migrations.clear();
  facts.unknown_migration.clear();
  const Durability durability = JudgeDurability(std::nullopt, facts, WriterMemory::kUnknown);
  Durability settings;
  bool version_sound = true;
  for (const Finding& finding : durability.findings) {
    if (!absl::StartsWith(finding.text, "version is ")) {
      settings.findings.push_back(finding);
      continue;
    }
    version_sound = false;
    JudgeSettings("mysql.version", "", {.findings = {finding}}, found);
  }
  if (version_sound) CheckVersion(facts, found);
  JudgeSettings("mysql.settings", "MySQL keeps what it is given", settings, found);
}

}  // namespace

void CheckMysql(const Settings& settings, const Clock& clock, Diagnoses& found) {
  if (settings.mysql.dsn_text.empty()) {
    return found.Problem("mysql", settings.Where("mysql.dsn") + " is empty",
                         "name the server: mysql://user:password@host:3306/article_sys");
  }
  MysqlSettings own = settings.mysql;
  own.connections = 2;  // one of them for ReadMysqlFacts
  mysql::Pool pool(own, clock);
  absl::StatusOr<mysql::Pool::Lease> connection = pool.Acquire();
  if (!connection.ok()) {
    return found.Problem("mysql", std::string(connection.status().message()),
                         absl::StrCat("correct ", settings.Where("mysql.dsn"), ", or start MySQL"));
  }
  found.Ok("mysql", absl::StrCat("MySQL at ", settings.mysql.dsn.ForDisplay(), " answers"));
  const absl::StatusOr<MysqlFacts> facts = ReadMysqlFacts(pool);
  if (facts.ok()) CheckSettings(*facts, found);
  const absl::StatusOr<Schema> schema = ReadSchema(**connection);
  CheckSchema(schema, facts, found);
  if (schema.ok()) CheckPermissions(**connection, *schema, found);
  CheckClock(**connection, clock, found);
}

}  // namespace readcount::cli
