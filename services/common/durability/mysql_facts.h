#pragma once

#include "absl/status/statusor.h"
#include "services/common/durability/durability.h"
#include "services/common/mysql/pool.h"

namespace readcount {

// Asks MySQL or MariaDB by SHOW VARIABLES, its information schema and the table of migrations, which needs no
// privilege beyond those of the programs. Errors are those of mysql::Pool and mysql::Connection.
absl::StatusOr<MysqlFacts> ReadMysqlFacts(mysql::Pool& pool);

}  // namespace readcount
