#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/session.h"

namespace readcount::gateway {

// The connections that are open, and how many may be. Thread-safe.
class SessionTable final : public SessionObserver {
 public:
  enum class Place {
    kServed,   // to be started
    kLast,     // to be started and retired, for the end is near
    kRefused,  // there is no room: to be refused
    kNone,     // not taken, for refusals are too many already: to be dropped
  };

  explicit SessionTable(size_t max_served) : max_served_(max_served) {}

  // Finds a place for a new connection; in a full table that of the one that has been idle longest, which is
  // ended. So the limit may be exceeded for the moment that an ending takes.
  Place Add(const std::shared_ptr<Session>& session);

  // Ends the connection that has been idle longest. False if none is idle.
  bool EvictIdle();

  // Retires the connections, and lets them end within `grace`; ends the rest.
  void Drain(absl::Duration grace);

  // Connections now, by what they are at, and in all since the start.
  struct Stats {
    size_t idle = 0, busy = 0, leaving = 0, refused = 0;
    uint64_t total_served = 0, total_refused = 0, total_dropped = 0;  // by their Place
    uint64_t total_evicted = 0;                                       // idle ones, to make room
  };
  Stats stats() const;

  void OnBusy(Session& session) override;
  void OnIdle(Session& session) override;
  void OnEnded(Session& session) override;

 private:
  using List = std::list<std::shared_ptr<Session>>;
  struct Entry {
    List* list;
    List::iterator at;
  };

  bool EvictIdleLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Move(Session& session, List& to) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Empty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return entries_.empty(); }

  const size_t max_served_;

  mutable absl::Mutex mutex_;
  // Every connection is in one of these. Those that are to end stay in `leaving_`, whatever they are at.
  List idle_ ABSL_GUARDED_BY(mutex_);  // the longest idle first
  List busy_ ABSL_GUARDED_BY(mutex_);
  List leaving_ ABSL_GUARDED_BY(mutex_);
  List refused_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<Session*, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  Stats totals_ ABSL_GUARDED_BY(mutex_);  // of `stats`
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace readcount::gateway
