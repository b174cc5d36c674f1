#pragma once

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "services/common/config/settings.h"
#include "services/common/mysql/connection.h"

namespace readcount {

// A MySQL connection that is opened when first needed and again after a loss. It gives its locks up soon: the
// server ends it when it stands still in mid-transaction, so that a syncer that stopped holds nobody up for
// hours, and a statement does not wait long for others' locks. Not thread-safe.
class MysqlSession {
 public:
  explicit MysqlSession(MysqlSettings settings) : settings_(std::move(settings)) {}

  // Opens the connection unless it is. Errors are those of mysql::Connection::Open.
  absl::Status Connect();

  // Begins a transaction, on a new connection if the server has ended one that was idle.
  absl::Status Begin();

  bool usable() const { return connection_ != nullptr && connection_->usable(); }

  // REQUIRES: Connect or Begin has returned OK before.
  mysql::Connection& operator*() { return *connection_; }
  mysql::Connection* operator->() { return connection_.get(); }

 private:
  const MysqlSettings settings_;
  std::unique_ptr<mysql::Connection> connection_;
};

}  // namespace readcount
