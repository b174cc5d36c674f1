#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/backends.h"
#include "gateway/service_errors.h"
#include "readcount/v1/article_service.grpc.pb.h"
#include "services/common/base/clock.h"
#include "services/common/batch/batcher.h"
#include "services/common/metrics/metric.h"
#include "services/common/rpc/rpc_meter.h"

namespace readcount::gateway {

// What streams have done since the start. Thread-safe.
struct StreamTally {
  Histogram batches{BatchBounds()};  // views of each message
  EventCount losses;                 // outages: a stream broke, until the next answer
};

// Views on their way over one ViewArticles stream: what arrives while a message is under way becomes the next
// message. The stream is opened when a batch needs it. When it breaks, the views of the batch under way fail,
// once, with UNAVAILABLE; the message says whether they may have been counted, which is certain only if the
// service was never reached or itself says that they were not. Those that wait go over the next stream. A
// stream asks either for whole articles or for counts only, so that views whose text is at hand never wait
// for those whose text is read from MySQL. Thread-safe.
class ArticleStream {
 public:
  static constexpr size_t kMaxBatch = 1000;    // as the service allows
  static constexpr size_t kMaxQueued = 65536;  // views that may wait; more are refused

  // Called instead of a view's callback when the service has put the view off, uncounted, because the article
  // must first be read from MySQL and that takes time.
  using PutOff = std::function<void(uint64_t id, absl::Duration patience, Callback<v1::Article> callback)>;

  // Runs a task soon, on another thread than gRPC's: all answers of one message together.
  using Post = std::function<void(std::function<void()> task)>;

  enum class Asks { kArticles, kCounts };

  // All must outlive the stream, and tasks given to `post` must not run after it. `timeout` is how long the
  // service may take to answer one message.
  ArticleStream(v1::ArticleService::StubInterface& stub, Asks asks, absl::Duration timeout,
                const Clock& clock, ServiceErrors& errors, MethodMeter& meter, StreamTally& tally, Post post,
                PutOff put_off);

  // Closes.
  ~ArticleStream();

  // Breaks the stream, fails what is queued, under way or added later, waits until the stream has ended.
  void Close();

  // RESOURCE_EXHAUSTED if too many views wait; DEADLINE_EXCEEDED if the answer did not come within the
  // timeout or within `patience`, or the service puts a view off that must be `final`.
  void View(uint64_t id, bool final, absl::Duration patience, Callback<v1::Article> callback);

  // Breaks a stream whose answer is overdue, and answers those whose patience is over: of them, those that
  // wait are not sent, and what the others share a message with goes on. To be called several times within
  // the timeout.
  void EnforceTimeout();

  enum class State {
    kIdle,  // no view has needed it yet
    kOpen,
    kLost,  // it broke, and nothing has been answered since
  };
  State state() const;

 private:
  class Call;
  struct PendingView {
    uint64_t id = 0;
    bool final = false;              // is not put off again
    Callback<v1::Article> callback;  // none once it was called
    absl::Duration deadline;         // to be answered
  };
  struct Flight {
    std::vector<PendingView> views;
    Batcher<PendingView>::Done done;
    absl::Duration deadline;
    bool written = false;                           // gRPC is done with the request
    std::optional<v1::ViewArticlesResponse> reply;  // may come before the write is known to be done
  };

  void Send(std::vector<PendingView> all, Batcher<PendingView>::Done done);
  static void FailUnsent(const std::vector<PendingView>& views);
  void Landed(Call* call);
  void Answer(Flight& flight);
  std::vector<Callback<v1::Article>> TakeImpatient();
  void Broken(Call* call);
  void Ended(Call* call, const absl::Status& status, bool may_be_recorded);
  bool NoCalls() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return calls_ == 0; }

  v1::ArticleService::StubInterface& stub_;
  const Asks asks_;
  const absl::Duration timeout_;
  const Clock& clock_;
  ServiceErrors& errors_;
  MethodMeter& meter_;
  StreamTally& tally_;
  const Post post_;
  const PutOff put_off_;

  mutable absl::Mutex mutex_;
  Call* call_ ABSL_GUARDED_BY(mutex_) = nullptr;  // the stream that can be written to; none if it broke
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;  // the last stream broke and no reply has come since
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;      // streams that have not ended yet

  Batcher<PendingView> batcher_;
};

}  // namespace readcount::gateway
