#include "services/syncer/status_watch.h"

#include <optional>
#include <utility>

#include "services/syncer/proto_convert.h"

namespace readcount {

// One stream. The board tells it of changes; what comes while a write is under way replaces what waited.
class StatusWatch final : public grpc::ServerWriteReactor<v1::WatchStatusResponse> {
 public:
  explicit StatusWatch(StatusWatches& watches) : watches_(watches) {}

  void Begin(StatusBoard& board) {
    board_ = &board;
    handle_ = board.Watch([this](const SyncSnapshot& snapshot) { Changed(snapshot); });
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) return FinishLocked(grpc::Status::OK);
    if (newest_.has_value()) WriteLocked();
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }

  void OnDone() override {
    if (board_ != nullptr) board_->Unwatch(handle_);
    watches_.Remove(this);
    delete this;
  }

  void End(const grpc::Status& status) {
    absl::MutexLock lock(&mutex_);
    FinishLocked(status);
  }

 private:
  void Changed(const SyncSnapshot& snapshot) {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    newest_ = snapshot;
    if (!writing_) WriteLocked();
  }

  void WriteLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (finished_) return;
    message_.Clear();
    ToProto(*newest_, *message_.mutable_status());
    newest_.reset();
    writing_ = true;
    StartWrite(&message_);
  }

  void FinishLocked(const grpc::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!std::exchange(finished_, true)) Finish(status);
  }

  StatusWatches& watches_;
  StatusBoard* board_ = nullptr;
  uint64_t handle_ = 0;

  absl::Mutex mutex_;
  v1::WatchStatusResponse message_ ABSL_GUARDED_BY(mutex_);
  std::optional<SyncSnapshot> newest_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

namespace {

grpc::Status Ending() {
  return {grpc::StatusCode::UNAVAILABLE, "shutting down: watch again"};
}

}  // namespace

StatusWatches::~StatusWatches() {
  EndAll();
  absl::MutexLock lock(&mutex_, absl::Condition(this, &StatusWatches::Empty));
}

grpc::ServerWriteReactor<v1::WatchStatusResponse>* StatusWatches::Open() {
  auto* watch = new StatusWatch(*this);
  {
    absl::MutexLock lock(&mutex_);
    open_.insert(watch);
    if (ended_) {
      watch->End(Ending());
      return watch;
    }
  }
  watch->Begin(board_);
  return watch;
}

void StatusWatches::EndAll() {
  absl::MutexLock lock(&mutex_);
  ended_ = true;
  // Under the lock no watch can be removed, and so none deleted; OnDone never runs inside Finish.
  for (StatusWatch* watch : open_) watch->End(Ending());
}

void StatusWatches::Remove(StatusWatch* watch) {
  absl::MutexLock lock(&mutex_);
  open_.erase(watch);
}

}  // namespace readcount
