#include "services/common/durability/mysql_facts.h"

namespace readcount {
namespace {

constexpr absl::string_view kVariables =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit', 'sync_binlog', "
    "'log_bin', 'read_only', 'super_read_only', 'version')";
constexpr absl::string_view kTables =
    "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()";

}  // namespace

absl::StatusOr<MysqlFacts> ReadMysqlFacts(mysql::Pool& pool) {
  absl::StatusOr<mysql::Pool::Lease> connection = pool.Acquire();
  if (!connection.ok()) return connection.status();
  MysqlFacts facts;
  const absl::StatusOr<mysql::Result> variables = (*connection)->Execute(kVariables);
  if (!variables.ok()) return variables.status();
  for (const std::vector<mysql::Field>& row : variables->rows)
    facts.variables.emplace(row[0].value_or(""), row[1].value_or(""));
  const absl::StatusOr<mysql::Result> tables = (*connection)->Execute(kTables);
  if (!tables.ok()) return tables.status();
  for (const std::vector<mysql::Field>& row : tables->rows) facts.tables.emplace(row[0].value_or(""));
  return facts;
}

}  // namespace readcount
