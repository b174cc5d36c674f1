#include "services/common/durability/mysql_facts.h"

#include <utility>

#include "services/common/mysql/migrator.h"

namespace readcount {
namespace {

constexpr absl::string_view kVariables =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit', 'sync_binlog', "
    "'log_bin', 'read_only', 'super_read_only', 'version')";

}  // namespace

absl::StatusOr<MysqlFacts> ReadMysqlFacts(mysql::Pool& pool) {
  absl::StatusOr<mysql::Pool::Lease> connection = pool.Acquire();
  if (!connection.ok()) return connection.status();
  MysqlFacts facts;
  const absl::StatusOr<mysql::Result> variables = (*connection)->Execute(kVariables);
  if (!variables.ok()) return variables.status();
  for (const std::vector<mysql::Field>& row : variables->rows)
    facts.variables.emplace(row[0].value_or(""), row[1].value_or(""));
  const auto& migrations = mysql::BuiltInMigrations();
  if (!migrations.ok()) return migrations.status();
  absl::StatusOr<mysql::SchemaState> schema = mysql::ReadSchemaState(**connection, *migrations);
  if (!schema.ok()) return schema.status();
  facts.missing_migrations = std::move(schema->missing);
  facts.unknown_migration = std::move(schema->unknown);
  return facts;
}

}  // namespace readcount
