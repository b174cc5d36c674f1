#include "services/syncer/mysql_session.h"

namespace readcount {
namespace {

constexpr absl::string_view kBoundLocks = "SET SESSION wait_timeout = 20, innodb_lock_wait_timeout = 5";

}  // namespace

absl::Status MysqlSession::Connect() {
  if (usable()) return absl::OkStatus();
  connection_.reset();
  absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(settings_);
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  return connection_->Command(kBoundLocks);
}

absl::Status MysqlSession::Begin() {
  absl::Status begun;
  for (const bool fresh : {false, true}) {
    if (absl::Status status = Connect(); !status.ok()) return status;
    begun = connection_->Begin();
    if (begun.ok() || usable() || fresh) break;
  }
  return begun;
}

}  // namespace readcount
