#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "gateway/http.h"

namespace readcount::gateway {

// An event as the client reads it: `event: <name>`, `data: <json>` (HTML, section 9.2). `json` has no line
// breaks.
std::string EventText(absl::string_view name, absl::string_view json);

// Server-sent events on their way to one client, from any thread to the one that writes. Of each topic only
// the newest waits, so a client that does not read costs one event a topic. Thread-safe.
class EventStream {
 public:
  EventStream() = default;
  // Closes. Whoever writes closes it before: a feed may hold the last of it for the moment that it tells it
  // something, and must not be let go of by itself.
  ~EventStream() { Close(); }
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // Puts an event behind those that wait; one of its topic does not wait any longer.
  void Put(uint64_t topic, std::string event);

  // No more events come: the stream ends once those that wait are written.
  void End();

  // What is to be written now.
  struct Waiting {
    std::string text;  // events one after the other; may be empty
    bool ended = false;
  };
  // Takes all that waits. After it found nothing, `wake` is called once when there is something.
  Waiting Take();
  void SetWake(std::function<void()> wake);

  // Runs `task` when the client is gone; at once if it is.
  void AtClose(std::function<void()> task);

  // The client is gone.
  void Close();

 private:
  struct Event {
    uint64_t topic = 0;
    std::string text;
  };
  void WakeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  std::vector<Event> waiting_ ABSL_GUARDED_BY(mutex_);  // at most one a topic
  std::function<void()> wake_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> at_close_ ABSL_GUARDED_BY(mutex_);
  bool idle_ ABSL_GUARDED_BY(mutex_) = false;  // the writer found nothing, and waits to be woken
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

// The response that begins a stream of events.
Response EventResponse(std::shared_ptr<EventStream> events);

}  // namespace readcount::gateway
