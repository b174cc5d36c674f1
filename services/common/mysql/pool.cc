#include "services/common/mysql/pool.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"

namespace readcount::mysql {

Pool::Pool(MysqlSettings settings, const Clock& clock)
    : settings_(std::move(settings)), clock_(clock), backoff_({}), next_attempt_(clock.Elapsed()) {}

Pool::Lease::~Lease() {
  if (connection_ != nullptr) pool_->Return(std::move(connection_));
}

absl::StatusOr<Pool::Lease> Pool::Acquire() {
  {
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(absl::Condition(this, &Pool::HasFree), settings_.connect_timeout)) {
      return absl::UnavailableError(absl::StrCat(
          "MySQL keeps all ", settings_.connections,
          " connections busy: see its process list, raise mysql.connections if they do useful work"));
    }
    if (idle_.empty() && clock_.Elapsed() < next_attempt_) return last_failure_;
    ++lent_;
    if (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(this, std::move(connection));
    }
  }
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connect();
  if (!connection.ok()) return connection.status();
  return Lease(this, *std::move(connection));
}

absl::StatusOr<std::unique_ptr<Connection>> Pool::Connect() {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(settings_);
  absl::MutexLock lock(&mutex_);
  if (connection.ok()) {
    if (!last_failure_.ok())
      Log(LogLevel::kInfo, "mysql_connected", {{"server", settings_.dsn.ForDisplay()}});
    backoff_.Reset();
    last_failure_ = absl::OkStatus();
    next_attempt_ = clock_.Elapsed();
    return connection;
  }
  --lent_;
  if (last_failure_.ok()) Log(LogLevel::kWarning, "mysql_lost", {{"error", connection.status()}});
  last_failure_ = connection.status();
  next_attempt_ = clock_.Elapsed() + backoff_.Next();
  return connection;
}

void Pool::Return(std::unique_ptr<Connection> connection) {
  const bool usable = connection->usable();
  if (!usable) connection.reset();
  absl::MutexLock lock(&mutex_);
  --lent_;
  if (usable) {
    idle_.push_back(std::move(connection));
  } else {
    // Its siblings most likely died with it; each would otherwise cost a caller an error.
    idle_.clear();
  }
}

}  // namespace readcount::mysql
