#include "services/article/view_stream.h"

#include <grpcpp/server_context.h>

#include <iterator>
#include <list>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/article/proto_convert.h"
#include "services/article/stream_order.h"
#include "services/common/rpc/status.h"
#include "services/common/rpc/view_outcome.h"

namespace readcount {
namespace {

// A batch waits no longer for an article that is not in the cache, so that the others on its stream need not.
constexpr absl::Duration kPatience = absl::Milliseconds(250);

}  // namespace

// One stream. Batches are answered in the order in which they came; several are under way at once, so that
// they share calls to Redis. A client that does not read its answers is soon not read from either.
class ViewStream final : public grpc::ServerBidiReactor<v1::ViewArticlesRequest, v1::ViewArticlesResponse> {
 public:
  ViewStream(ViewStreams& streams, grpc::CallbackServerContext& context, ArticleReader& reader,
             MethodMeter& meter)
      : streams_(streams), context_(context), reader_(reader), metered_(meter) {}

  void Begin() { Proceed(); }

  void OnReadDone(bool ok) override {
    if (ok) metered_.MessageReceived();
    if (Batch* const batch = TakeRead(ok); batch != nullptr) {
      const uint64_t number = batch->number;  // it may be answered before Read returns, and be another then
      ArticleReader::Ids ids(batch->request.ids().begin(), batch->request.ids().end());
      const bool in_order =
          reader_.Read(std::move(ids),
                       {.record = true,
                        .text = !batch->request.counts_only(),
                        .waits = ViewRecorder::Waits::kHere,
                        .first_patience = kPatience},
                       [this, batch](const ArticleReader::Results& results) { Answer(*batch, results); });
      absl::MutexLock lock(&mutex_);
      if (in_order) order_.Passed(number);
    }
    Proceed();
  }

  void OnWriteDone(bool ok) override {
    if (ok) metered_.MessageSent();
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      Forget(under_way_.begin());
      if (!ok) gone_ = end_of_batches_ = true;
    }
    Proceed();
  }

  void OnDone() override {
    streams_.Remove(this);
    delete this;
  }

  // Ends the stream now, or after the answers under way.
  void End() {
    {
      absl::MutexLock lock(&mutex_);
      EndBatches(ToGrpc(absl::UnavailableError("shutting down: open the stream again")));
    }
    Proceed();
  }

 private:
  struct Batch {
    v1::ViewArticlesRequest request;
    v1::ViewArticlesResponse response;
    uint64_t number = 0;
    bool answered = false;
  };
  using Batches = std::list<Batch>;

  // What one stream may have under way, or one batch beyond it: the more, the fewer increments they are in
  // Redis.
  static constexpr size_t kMostUnderWay = 64;
  static constexpr int kMostIdsUnderWay = 16384;

  // The batch just read, to be answered; none if there will be no more, or this one is not to be recorded.
  Batch* TakeRead(bool ok) {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    if (!ok) end_of_batches_ = true;
    if (end_of_batches_) return nullptr;
    if (const absl::Status size = CheckBatchSize(free_.front().request.ids_size()); !size.ok()) {
      EndBatches(ToGrpc(size));
      return nullptr;
    }
    under_way_.splice(under_way_.end(), free_, free_.begin());
    ids_under_way_ += under_way_.back().request.ids_size();
    under_way_.back().number = order_.Taken();
    return &under_way_.back();
  }

  void EndBatches(const grpc::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (end_of_batches_) return;
    end_of_batches_ = true;
    status_ = status;
    // The answers to those that were taken go out before this does.
    context_.AddTrailingMetadata(kUnansweredMetadata, kNotRecorded);
  }

  void Answer(Batch& batch, const ArticleReader::Results& results) {
    const v1::ViewArticlesRequest& request = batch.request;
    batch.response.Clear();
    for (int i = 0; i < request.ids_size(); ++i) {
      ToProto(request.ids(i), results[i], request.counts_only(), *batch.response.add_results());
    }
    Proceed(&batch);
  }

  // Keeps its messages' memory for the next.
  void Forget(Batches::iterator batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    batch->answered = false;
    ids_under_way_ -= batch->request.ids_size();
    free_.splice(free_.end(), under_way_, batch);
  }

  // Starts whatever may be started now: the next answer, the next read, the end. The stream may be gone when
  // it returns, and as soon as `answered`, a batch whose response is ready, is marked and the lock released.
  void Proceed(Batch* answered = nullptr) {
    {
      absl::MutexLock lock(&mutex_);
      if (answered != nullptr) {
        answered->answered = true;
        order_.Passed(answered->number);
      }
      if (gone_) ForgetAnswered();
      if (!writing_ && !under_way_.empty() && under_way_.front().answered) {
        writing_ = true;
        StartWrite(&under_way_.front().response);
      }
      if (!end_of_batches_ && !reading_ && !order_.may_be_overtaken() && HasRoom()) {
        if (free_.empty()) free_.emplace_back();
        reading_ = true;
        StartRead(&free_.front().request);
      }
      if (!end_of_batches_ || !under_way_.empty() || std::exchange(finished_, true)) return;
    }
    metered_.End(static_cast<absl::StatusCode>(status_.error_code()));
    Finish(status_);
  }

  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return under_way_.size() < kMostUnderWay && ids_under_way_ < kMostIdsUnderWay;
  }

  void ForgetAnswered() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (auto batch = under_way_.begin(); batch != under_way_.end();) {
      const auto next = std::next(batch);
      if (batch->answered) Forget(batch);
      batch = next;
    }
  }

  ViewStreams& streams_;
  grpc::CallbackServerContext& context_;
  ArticleReader& reader_;
  const MeteredCall metered_;

  absl::Mutex mutex_;
  Batches under_way_ ABSL_GUARDED_BY(mutex_);  // oldest first
  int ids_under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  Batches free_ ABSL_GUARDED_BY(mutex_);  // the first is being read into
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;         // the oldest
  bool end_of_batches_ ABSL_GUARDED_BY(mutex_) = false;  // what is read from now on is not recorded
  StreamOrder order_ ABSL_GUARDED_BY(mutex_);
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;  // nobody reads the answers
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Status status_;  // written once, before the end of the batches
};

absl::Status CheckBatchSize(int size) {
  if (size >= 1 && size <= kMaxBatchIds) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("ids: has ", size, " ids, must have 1 to ", kMaxBatchIds));
}

ViewStreams::~ViewStreams() {
  EndAll();
  absl::MutexLock lock(&mutex_, absl::Condition(this, &ViewStreams::Empty));
}

grpc::ServerBidiReactor<v1::ViewArticlesRequest, v1::ViewArticlesResponse>* ViewStreams::Open(
    grpc::CallbackServerContext& context, ArticleReader& reader) {
  auto* stream = new ViewStream(*this, context, reader, meter_);
  bool ended = false;
  {
    absl::MutexLock lock(&mutex_);
    open_.insert(stream);
    ended = ended_;
  }
  if (ended) {
    stream->End();
  } else {
    stream->Begin();
  }
  return stream;
}

void ViewStreams::EndAll() {
  absl::MutexLock lock(&mutex_);
  ended_ = true;
  // Under the lock no stream can be removed, and so none deleted; OnDone runs on gRPC's threads, never inside
  // Finish.
  for (ViewStream* stream : open_) stream->End();
}

void ViewStreams::Remove(ViewStream* stream) {
  absl::MutexLock lock(&mutex_);
  open_.erase(stream);
}

}  // namespace readcount
