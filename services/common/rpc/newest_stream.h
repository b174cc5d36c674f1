#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "services/common/rpc/rpc_meter.h"

namespace readcount {

template <typename Message>
class NewestStreams;

// One stream to a client, of whose messages only the newest matters: what is put while a write is under way
// replaces what waited, so a client that does not read costs two messages and no more. Lives as long as the
// call or whoever holds it. Thread-safe.
template <typename Message>
class NewestStream final : public grpc::ServerWriteReactor<Message>,
                           public std::enable_shared_from_this<NewestStream<Message>> {
 public:
  NewestStream(NewestStreams<Message>& all, MethodMeter& meter) : all_(all), metered_(meter) {}

  void Put(Message message) {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    newest_ = std::move(message);
    if (!writing_) WriteLocked();
  }

  // Ends the stream with `status`, for the first time.
  void End(const grpc::Status& status) {
    absl::MutexLock lock(&mutex_);
    EndLocked(status);
  }

  // Runs `task` when the call is over; at once if it is.
  void AtEnd(absl::AnyInvocable<void()> task) {
    {
      absl::MutexLock lock(&mutex_);
      if (!over_) return at_end_.push_back(std::move(task));
    }
    task();
  }

 private:
  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) return EndLocked(grpc::Status::OK);
    metered_.MessageSent();
    if (newest_.has_value()) WriteLocked();
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }

  void OnDone() override {
    std::vector<absl::AnyInvocable<void()>> tasks;
    {
      absl::MutexLock lock(&mutex_);
      over_ = true;
      tasks.swap(at_end_);
    }
    for (auto& task : tasks) task();
    all_.Remove(this);
  }

  void WriteLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (finished_) return;
    message_ = *std::exchange(newest_, std::nullopt);
    writing_ = true;
    this->StartWrite(&message_);
  }

  void EndLocked(const grpc::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(finished_, true)) return;
    metered_.End(static_cast<absl::StatusCode>(status.error_code()));
    this->Finish(status);
  }

  NewestStreams<Message>& all_;
  const MeteredCall metered_;

  absl::Mutex mutex_;
  Message message_ ABSL_GUARDED_BY(mutex_);
  std::optional<Message> newest_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::AnyInvocable<void()>> at_end_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
};

// The streams of one method that are open. Thread-safe.
template <typename Message>
class NewestStreams {
 public:
  using Stream = NewestStream<Message>;

  // `meter` is the method's and must outlive the streams.
  explicit NewestStreams(MethodMeter& meter) : meter_(meter) {}
  NewestStreams(const NewestStreams&) = delete;
  NewestStreams& operator=(const NewestStreams&) = delete;

  // Ends every stream and waits for the end.
  ~NewestStreams() {
    EndAll();
    absl::MutexLock lock(&mutex_, absl::Condition(this, &NewestStreams::Empty));
  }

  // The reactor of a new call. Until it is given to gRPC the stream cannot end.
  std::shared_ptr<Stream> Open() {
    auto stream = std::make_shared<Stream>(*this, meter_);
    absl::MutexLock lock(&mutex_);
    open_.emplace(stream.get(), stream);
    if (ended_) stream->End(Ending());
    return stream;
  }

  // Ends every stream, and those opened later at once, with UNAVAILABLE.
  void EndAll() {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
    // Under the lock no stream can go; OnDone never runs inside of Finish.
    for (const auto& [key, stream] : open_) stream->End(Ending());
  }

 private:
  friend Stream;

  static grpc::Status Ending() { return {grpc::StatusCode::UNAVAILABLE, "shutting down: watch again"}; }

  void Remove(Stream* stream) {
    std::shared_ptr<Stream> last;  // goes after the lock
    absl::MutexLock lock(&mutex_);
    const auto found = open_.find(stream);
    last = std::move(found->second);
    open_.erase(found);
  }

  bool Empty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return open_.empty(); }

  MethodMeter& meter_;

  absl::Mutex mutex_;
  absl::flat_hash_map<Stream*, std::shared_ptr<Stream>> open_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace readcount
