#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/backends.h"
#include "gateway/event_stream.h"
#include "gateway/http.h"
#include "gateway/stream_limit.h"
#include "services/common/base/backoff.h"
#include "services/common/base/clock.h"

namespace readcount::gateway {

// The event streams of the syncer's status, all fed by one WatchStatus stream, which is there as long as
// somebody listens and is opened anew, with backoff, when it breaks. Thread-safe.
//
// Events: `status` at once and at every change; `unavailable` {"code","message"} when SyncService is, until
// the next status.
class StatusEvents {
 public:
  // All must outlive the object, which streams may outlive.
  StatusEvents(SyncBackend& sync, StreamLimit& limit, const Clock& clock);

  // Ends the stream of SyncService.
  ~StatusEvents();

  // Responds with a stream of events, or with why there is none.
  void Open(const Request& request, const Respond& respond);

  // Opens the stream of SyncService where it is needed, and ends it where it is not. To be called several
  // times a second, on one thread.
  void Poll();

 private:
  // Those who listen, and what they heard last; shared with their streams.
  struct Audience {
    // Begins to listen; the handle is for Leave.
    uint64_t Join(const std::shared_ptr<EventStream>& events);
    void Leave(uint64_t handle);
    void Tell(std::string event);
    void Forget();  // what was told
    bool empty();

    absl::Mutex mutex;
    std::map<uint64_t, std::weak_ptr<EventStream>> listeners ABSL_GUARDED_BY(mutex);
    uint64_t next_handle ABSL_GUARDED_BY(mutex) = 1;
    std::string newest ABSL_GUARDED_BY(mutex);  // empty: nothing
  };

  void End();
  void Take(const absl::StatusOr<v1::SyncStatus>& status);

  SyncBackend& sync_;
  StreamLimit& limit_;
  const Clock& clock_;
  const std::shared_ptr<Audience> audience_ = std::make_shared<Audience>();

  absl::Mutex mutex_;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;  // the stream has ended by itself
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;  // it is being ended, and what it tells does not count
  absl::Duration next_attempt_ ABSL_GUARDED_BY(mutex_);
  Backoff backoff_ ABSL_GUARDED_BY(mutex_);

  std::unique_ptr<Subscription> subscription_;  // of the thread that polls
};

}  // namespace readcount::gateway
