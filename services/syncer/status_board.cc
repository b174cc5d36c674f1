#include "services/syncer/status_board.h"

#include <algorithm>
#include <utility>

namespace readcount {
namespace {

SyncPhase ToPhase(RunStep step) {
  switch (step) {
    case RunStep::kSeal:
      return SyncPhase::kSealing;
    case RunStep::kRecover:
      return SyncPhase::kRecovering;
    case RunStep::kApply:
      return SyncPhase::kApplying;
    case RunStep::kRelease:
      return SyncPhase::kReleasing;
  }
  return SyncPhase::kIdle;
}

}  // namespace

StatusBoard::StatusBoard(const Clock& clock) : clock_(clock), caught_up_at_(clock.Elapsed()) {}

SyncSnapshot StatusBoard::SnapshotLocked() const {
  SyncSnapshot snapshot = now_;
  if (snapshot.pending_articles > 0) snapshot.lag = clock_.Elapsed() - caught_up_at_;
  return snapshot;
}

void StatusBoard::PublishLocked() {
  if (watchers_.empty()) return;
  const SyncSnapshot snapshot = SnapshotLocked();
  for (const auto& [handle, watcher] : watchers_) watcher(snapshot);
}

SyncSnapshot StatusBoard::Read() const {
  absl::MutexLock lock(&mutex_);
  return SnapshotLocked();
}

uint64_t StatusBoard::Watch(Watcher watcher) {
  absl::MutexLock lock(&mutex_);
  watcher(SnapshotLocked());
  watchers_.emplace(next_handle_, std::move(watcher));
  return next_handle_++;
}

void StatusBoard::Unwatch(uint64_t handle) {
  absl::MutexLock lock(&mutex_);
  watchers_.erase(handle);
}

void StatusBoard::RunStarted() {
  absl::MutexLock lock(&mutex_);
  run_started_at_ = clock_.Elapsed();
}

void StatusBoard::OnStep(RunStep step, const LedgerState& state) {
  absl::MutexLock lock(&mutex_);
  now_.phase = ToPhase(step);
  if (state.life != 0) now_.ledger = state;
  if (step == RunStep::kSeal) {
    now_.articles_done = now_.articles_total = 0;
    now_.views_done = now_.views_total = 0;
  }
  PublishLocked();
}

void StatusBoard::OnBatch(uint64_t articles, WideViews views) {
  absl::MutexLock lock(&mutex_);
  now_.articles_total = articles;
  now_.views_total = views;
  now_.pending_articles = std::max(now_.pending_articles, articles);
  PublishLocked();
}

void StatusBoard::OnProgress(uint64_t articles, WideViews views) {
  absl::MutexLock lock(&mutex_);
  now_.articles_done += articles;
  now_.views_done += views;
  PublishLocked();
}

void StatusBoard::RunEnded(const RunRecord& run) {
  tally_.RunEnded(run);
  absl::MutexLock lock(&mutex_);
  if (run.succeeded) {
    now_.phase = SyncPhase::kIdle;
    now_.pending_articles = 0;
    now_.consecutive_failures = 0;
    now_.last_error.clear();
    caught_up_at_ = run_started_at_;
  } else {
    now_.phase = SyncPhase::kBackingOff;
    now_.last_error = run.error;
    ++now_.consecutive_failures;
  }
  now_.last_run = run;
  PublishLocked();
}

void StatusBoard::PendingSeen(const BatchLedger::Pending& pending) {
  absl::MutexLock lock(&mutex_);
  if (pending.fields == 0) caught_up_at_ = clock_.Elapsed();
  if (pending.fields == now_.pending_articles && pending.recorded == now_.views_recorded &&
      pending.state == now_.ledger)
    return;
  now_.pending_articles = pending.fields;
  now_.views_recorded = pending.recorded;
  now_.ledger = pending.state;
  PublishLocked();
}

void StatusBoard::DurabilitySeen(Durability durability) {
  absl::MutexLock lock(&mutex_);
  if (durability == now_.durability) return;
  now_.durability = std::move(durability);
  PublishLocked();
}

void StatusBoard::NextRunAt(std::optional<absl::Time> time) {
  absl::MutexLock lock(&mutex_);
  now_.next_run_at = time;
  PublishLocked();
}

}  // namespace readcount
