#pragma once

#include <functional>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/durability/durability.h"

namespace readcount {

// Knows what the servers' settings promise. Each server is asked when it is first there, when it comes back,
// and once in `interval`; MySQL at every look while its schema lacks a migration. A finding is logged when it
// appears; nothing stops because of one.
class DurabilityMonitor {
 public:
  struct Settings {
    WriterMemory memory = WriterMemory::kUnknown;
    absl::Duration interval = absl::Minutes(1);
  };
  using RedisReader = std::function<absl::StatusOr<RedisFacts>()>;
  using MysqlReader = std::function<absl::StatusOr<MysqlFacts>()>;

  // `clock` must outlive the monitor.
  DurabilityMonitor(Settings settings, RedisReader redis, MysqlReader mysql, const Clock& clock);

  // To be called often, from one thread, with which servers answer. Asks on that thread.
  void Look(bool redis_answers, bool mysql_answers);

  // As last seen. Thread-safe.
  Durability Read() const;

 private:
  // What one server told.
  template <typename Facts>
  struct Server {
    std::function<absl::StatusOr<Facts>()> read;
    absl::string_view name;
    std::optional<Facts> facts;
    std::string error;  // why it did not tell when it was asked last
    bool answered = false;
    absl::Duration next_time;
  };

  template <typename Facts>
  bool Ask(Server<Facts>& server, bool answers);
  void Publish(Durability now);

  const Settings settings_;
  const Clock& clock_;

  // Of the thread that looks.
  Server<RedisFacts> redis_;
  Server<MysqlFacts> mysql_;

  mutable absl::Mutex mutex_;
  Durability durability_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace readcount
