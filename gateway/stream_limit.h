#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "gateway/client_limits.h"

namespace readcount::gateway {

// How many event streams may be open, of all clients and of each address. Thread-safe.
class StreamLimit {
 public:
  StreamLimit(size_t most, size_t most_per_client) : most_(most), most_per_client_(most_per_client) {}

  // Counts one stream more of that address for as long as the ticket lives; addresses are told apart as
  // ClientLimits does. RESOURCE_EXHAUSTED says which limit is reached.
  using Ticket = std::shared_ptr<void>;
  absl::StatusOr<Ticket> Enter(const std::string& address);

  size_t open() const;
  size_t most() const { return most_; }

 private:
  // Shared with the tickets.
  struct Streams {
    void Leave(ClientLimits::Key client);

    absl::Mutex mutex;
    size_t open ABSL_GUARDED_BY(mutex) = 0;
    absl::flat_hash_map<ClientLimits::Key, size_t> by_client ABSL_GUARDED_BY(mutex);
  };

  const size_t most_;
  const size_t most_per_client_;
  const std::shared_ptr<Streams> streams_ = std::make_shared<Streams>();
};

}  // namespace readcount::gateway
