#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "gateway/backends.h"
#include "readcount/v1/article_service.grpc.pb.h"
#include "services/common/base/clock.h"

namespace readcount::gateway {

// A view that waits for its answer.
struct PendingView {
  uint64_t id = 0;
  Answer<v1::Article> answer;
  absl::Duration deadline;  // on the clock's Elapsed(); past it nobody waits any more
};

// Views that travel in one message, and what to call when the outcome of all of them is known.
struct ViewBatch {
  std::vector<PendingView> views;
  std::function<void()> done;
  absl::Duration sent_at;     // on the clock's Elapsed()
  bool write_failed = false;  // gRPC says that the message did not go out
};

// One ViewArticles stream, from its opening to its end; it is not reopened. Writes batches one after another
// and matches each reply with the oldest batch that has none. Thread-safe.
class ViewCall final : public grpc::ClientBidiReactor<v1::ViewArticlesRequest, v1::ViewArticlesResponse> {
 public:
  // What is left when the stream has ended.
  struct Ended {
    absl::Status status;             // never OK
    bool answered = false;           // the service has answered at least one batch
    std::vector<ViewBatch> sent;     // given to gRPC, not answered
    std::vector<ViewBatch> waiting;  // never given to gRPC
  };

  // Opens a stream. It keeps itself alive until `on_end` has returned, which is called once, on one of gRPC's
  // threads, and has to finish every batch in Ended. Both `stub` and `clock` must live until then.
  static std::shared_ptr<ViewCall> Open(v1::ArticleService::StubInterface& stub, const Clock& clock,
                                        std::function<void(Ended)> on_end);

  // Takes the batch, or leaves it as it was and returns false if the stream is broken.
  bool Send(ViewBatch& batch);

  // Ends the stream with this status unless it is broken already.
  void Cancel(const absl::Status& why);

  // True if some batch was sent before this moment of the clock's Elapsed() and has no answer.
  bool UnansweredSince(absl::Duration moment) const;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  ViewCall(const Clock& clock, std::function<void(Ended)> on_end);

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MarkBroken(const absl::Status& why);

  const Clock& clock_;
  const std::function<void(Ended)> on_end_;
  grpc::ClientContext context_;
  v1::ViewArticlesResponse response_;  // belongs to the read under way
  std::shared_ptr<ViewCall> self_;     // until OnDone

  mutable absl::Mutex mutex_;
  v1::ViewArticlesRequest request_ ABSL_GUARDED_BY(mutex_);
  std::deque<ViewBatch> sent_ ABSL_GUARDED_BY(mutex_);
  std::deque<ViewBatch> waiting_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool answered_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status why_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace readcount::gateway
