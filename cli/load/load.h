#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "cli/load/latencies.h"
#include "cli/load/view_sender.h"
#include "services/common/base/clock.h"
#include "services/common/base/sleeper.h"

namespace readcount::cli {

struct LoadOptions {
  uint64_t rate = 0;    // views a second, of all connections; 0: as many as are answered
  uint64_t ids = 1;     // articles 1 to this
  double zipf = 0;      // how much more often the first ones are viewed; 0: all alike
  int connections = 1;  // each with one message or request under way
  size_t batch = 100;   // most views in a message, if the sender takes as many
  uint64_t seed = 1;    // of the ids drawn
  absl::Duration duration = absl::Seconds(10);
};

// Sends views over several connections, each from a thread of its own, for a while. With a rate each view is
// due at a time of its own and its latency counts from then, so that a slow answer is charged to all who wait
// behind it. Thread-safe.
class Load {
 public:
  // Begins. `clock` must outlive it.
  Load(const LoadOptions& options, const MakeSender& make_sender, const Clock& clock);

  // Stops, and waits for what is under way.
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Sends nothing more; what is under way goes on.
  void Stop();

  // Waits until the time is over or Stop was called, and all answers are there.
  void Wait();

  struct Totals {
    uint64_t acknowledged = 0, refused = 0, unknown = 0;
    uint64_t no_article = 0;  // of the refused: their article is not there
    uint64_t not_sent = 0;    // due by the rate when it ended, but answers had come too slowly
    absl::Duration elapsed;   // since the beginning, or as long as it took
    std::string error;        // the newest reason for a view that was not acknowledged
    bool reached = false;     // some view was answered
  };
  Totals Read() const;

  const Latencies& latencies() const { return latencies_; }

 private:
  void Work(int index, ViewSender& sender);
  std::vector<absl::Duration> NextDue(int index, uint64_t sent, size_t most, absl::Duration now) const;
  absl::Duration DueTime(int index, uint64_t nth) const;
  uint64_t DueUntil(int index, absl::Duration time) const;
  void Count(const Outcomes& outcomes, const std::vector<absl::Duration>& due);

  const LoadOptions options_;
  const Clock& clock_;
  const absl::Duration begin_;
  EventSleeper sleeper_;
  std::atomic<bool> stopped_ = false;
  Latencies latencies_;

  mutable absl::Mutex mutex_;
  Totals totals_ ABSL_GUARDED_BY(mutex_);
  bool over_ ABSL_GUARDED_BY(mutex_) = false;

  std::vector<std::unique_ptr<ViewSender>> senders_;
  std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace readcount::cli
