#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace readcount {

// An article's count as its watchers are told it.
struct FedCount {
  uint64_t read_count = 0;
  bool stale = false;  // may lack recent views

  friend bool operator==(const FedCount&, const FedCount&) = default;
};

// Counts for those who watch articles: however many there are, the counts of all watched articles are read
// together, each once, and a watcher hears when that of its article has changed. What a watcher is told never
// goes down while the counts that are read do not. Held by shared_ptr; a reading may outlive it. Thread-safe.
class CountFeed : public std::enable_shared_from_this<CountFeed> {
 public:
  static constexpr size_t kMostAtOnce = 1000;  // articles of one reading

  // Of each id its count, or why there is none.
  using Reading = std::vector<absl::StatusOr<FedCount>>;
  using Done = std::function<void(const Reading& reading)>;

  // Reads the counts of `ids`, 1 to kMostAtOnce, each once. `done` runs once, on any thread, with as many
  // counts in the order of the ids; with fewer the reading has failed.
  using Read = std::function<void(std::vector<uint64_t> ids, Done done)>;

  // Hears of each change of the count, and of each change between a count and an error or between errors.
  // Runs on the thread of the reading; must not block nor call the feed.
  using Watcher = std::function<void(const absl::StatusOr<FedCount>& count)>;

  // At most `max_articles` are watched at once.
  CountFeed(size_t max_articles, Read read) : max_articles_(max_articles), read_(std::move(read)) {}

  CountFeed(const CountFeed&) = delete;
  CountFeed& operator=(const CountFeed&) = delete;

  // Tells `watcher` of changes from `known` on, as later readings find them: one that is under way, which may
  // be older than what the watcher knows, does not count. The handle is for Unwatch. RESOURCE_EXHAUSTED if
  // too many articles are watched already.
  absl::StatusOr<uint64_t> Watch(uint64_t id, const FedCount& known, Watcher watcher);

  // After it the watcher is not called any more.
  void Unwatch(uint64_t handle);

  // Begins a reading if somebody watches and none is under way. To be called a few times a second.
  void Poll();

  size_t articles() const;

 private:
  struct Watching {
    uint64_t article = 0;
    uint64_t joined = 0;  // during this round
    Watcher watcher;
    FedCount told;
    absl::StatusCode code = absl::StatusCode::kOk;  // of what it was told last
  };
  using Watches = std::map<uint64_t, Watching>;

  void ReadNext();
  void Took(const std::vector<uint64_t>& ids, const Reading& reading);
  static void Tell(Watching& watch, const absl::StatusOr<FedCount>& count);
  const size_t max_articles_;
  const Read read_;

  mutable absl::Mutex mutex_;
  Watches watches_ ABSL_GUARDED_BY(mutex_);                                                  // by handle
  absl::flat_hash_map<uint64_t, std::vector<uint64_t>> by_article_ ABSL_GUARDED_BY(mutex_);  // handles
  uint64_t next_handle_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t round_ ABSL_GUARDED_BY(mutex_) = 0;  // the last that began
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<uint64_t> left_ ABSL_GUARDED_BY(mutex_);  // articles that this round has still to read
};

}  // namespace readcount
