#pragma once

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/base/backoff.h"
#include "services/common/base/clock.h"
#include "services/common/mysql/connection.h"

namespace readcount::mysql {

// A small set of connections, opened when first needed. After a failure to connect, further attempts
// wait for a growing, jittered delay and fail at once until then, so a dead server costs no threads.
// Thread-safe; must outlive its leases.
class Pool {
 public:
  Pool(MysqlSettings settings, const Clock& clock);

  // A connection on loan; goes back on destruction, or is closed if it is no longer usable.
  class Lease {
   public:
    Lease(Pool* pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    ~Lease();
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    Connection* operator->() const { return connection_.get(); }
    Connection& operator*() const { return *connection_; }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  // Waits for a free connection, as long as for a new one at most. UNAVAILABLE while the server cannot be
  // reached or keeps every connection busy.
  absl::StatusOr<Lease> Acquire();

 private:
  void Return(std::unique_ptr<Connection> connection);
  absl::StatusOr<std::unique_ptr<Connection>> Connect();
  bool HasFree() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return lent_ < settings_.connections; }

  const MysqlSettings settings_;
  const Clock& clock_;

  mutable absl::Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
  int lent_ ABSL_GUARDED_BY(mutex_) = 0;
  Backoff backoff_ ABSL_GUARDED_BY(mutex_);
  absl::Duration next_attempt_ ABSL_GUARDED_BY(mutex_);
  absl::Status last_failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace readcount::mysql
