#include "gateway/session_table.h"

#include <iterator>

#include "services/common/base/log.h"

namespace readcount::gateway {
namespace {

// Refused connections that may still be reading why.
constexpr size_t kMaxRefused = 128;

}  // namespace

SessionTable::Place SessionTable::Add(const std::shared_ptr<Session>& session) {
  absl::MutexLock lock(&mutex_);
  const bool served = idle_.size() + busy_.size() < max_served_ || EvictIdleLocked();
  if (!served && refused_.size() >= kMaxRefused) {
    ++totals_.total_dropped;
    return Place::kNone;
  }
  ++(served ? totals_.total_served : totals_.total_refused);
  List& list = served ? idle_ : refused_;
  entries_[session.get()] = {.list = &list, .at = list.insert(list.end(), session)};
  if (!served) return Place::kRefused;
  return draining_ ? Place::kLast : Place::kServed;
}

bool SessionTable::EvictIdle() {
  absl::MutexLock lock(&mutex_);
  return EvictIdleLocked();
}

bool SessionTable::EvictIdleLocked() {
  if (idle_.empty()) return false;
  Session& longest = *idle_.front();
  longest.Stop();
  Move(longest, leaving_);
  ++totals_.total_evicted;
  return true;
}

SessionTable::Stats SessionTable::stats() const {
  absl::MutexLock lock(&mutex_);
  Stats stats = totals_;
  stats.idle = idle_.size();
  stats.busy = busy_.size();
  stats.leaving = leaving_.size();
  stats.refused = refused_.size();
  return stats;
}

void SessionTable::Move(Session& session, List& to) {
  Entry& entry = entries_.at(&session);
  to.splice(to.end(), *entry.list, entry.at);
  entry.list = &to;
}

void SessionTable::OnBusy(Session& session) {
  absl::MutexLock lock(&mutex_);
  if (entries_.at(&session).list == &idle_) Move(session, busy_);
}

void SessionTable::OnIdle(Session& session) {
  absl::MutexLock lock(&mutex_);
  if (entries_.at(&session).list == &busy_) Move(session, idle_);
}

void SessionTable::OnEnded(Session& session) {
  absl::MutexLock lock(&mutex_);
  const auto entry = entries_.find(&session);
  entry->second.list->erase(entry->second.at);
  entries_.erase(entry);
}

void SessionTable::Drain(absl::Duration grace) {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
  for (const auto& [session, entry] : entries_) session->Retire();
  if (mutex_.AwaitWithTimeout(absl::Condition(this, &SessionTable::Empty), grace)) return;
  Log(LogLevel::kWarning, "connections_cut", {{"connections", entries_.size()}});
  for (const auto& [session, entry] : entries_) session->Abort();
}

}  // namespace readcount::gateway
