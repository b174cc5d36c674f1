#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/metrics/metric.h"

namespace readcount::gateway {

// What requests of one address may cost: how many a second, by a token bucket, and how many under way. An
// IPv6 network of 64 bits is one address, for whoever has one has all of it. Remembers at most kMostClients
// addresses, the least recently seen go first, so memory has a bound. Thread-safe.
class ClientLimits {
 public:
  static constexpr size_t kMostClients = 65536;  // about 120 bytes each

  struct Settings {
    int rate = 0;       // requests a second; 0: no limit
    int burst = 100;    // at once after a rest
    int in_flight = 0;  // under way at once; 0: no limit
  };
  enum class Verdict { kAdmitted, kTooFast, kTooMany };

  // An address as the table has it: all of IPv4, the first 64 bits of IPv6. What is no address has one key.
  using Key = uint64_t;
  static Key KeyOf(const std::string& client);

  // `clock` must outlive the object.
  ClientLimits(Settings settings, const Clock& clock);

  // Without limits nothing is counted, and Enter and Leave need not be called.
  bool any() const { return settings_.rate > 0 || settings_.in_flight > 0; }

  // Takes a request of that client, unless it is one too many. One that is admitted is to Leave.
  Verdict Enter(Key client);
  void Leave(Key client);

  // Requests refused since the start.
  uint64_t too_fast() const { return too_fast_.value(); }
  uint64_t too_many() const { return too_many_.value(); }

 private:
  struct Client {
    double tokens = 0;
    absl::Duration filled_at;
    int in_flight = 0;
    std::list<Key>::iterator seen;
  };

  Client& Find(Key key, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Settings settings_;
  const Clock& clock_;
  EventCount too_fast_, too_many_;

  absl::Mutex mutex_;
  absl::flat_hash_map<Key, Client> clients_ ABSL_GUARDED_BY(mutex_);
  std::list<Key> seen_ ABSL_GUARDED_BY(mutex_);  // those in clients_, the longest not seen first
};

}  // namespace readcount::gateway
