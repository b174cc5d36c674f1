#include "services/article/view_stream.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/article/proto_convert.h"
#include "services/common/rpc/status.h"

namespace readcount {
namespace {

// A batch waits no longer for an article that is not in the cache, so that the others on its stream need not.
constexpr absl::Duration kPatience = absl::Milliseconds(250);

}  // namespace

// One stream: reads a batch, answers it, reads the next. So answers keep the order of the requests, and a
// client that does not read its answers is not read from either.
class ViewStream final : public grpc::ServerBidiReactor<v1::ViewArticlesRequest, v1::ViewArticlesResponse> {
 public:
  ViewStream(ViewStreams& streams, ArticleReader& reader) : streams_(streams), reader_(reader) {}

  void Begin() { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) return FinishOnce(grpc::Status::OK);
    if (!StartAnswering()) return;
    if (const absl::Status size = CheckBatchSize(request_.ids_size()); !size.ok())
      return FinishOnce(ToGrpc(size));
    std::vector<uint64_t> ids(request_.ids().begin(), request_.ids().end());
    reader_.Read(std::move(ids),
                 {.record = true, .text = !request_.counts_only(), .first_patience = kPatience},
                 [this](const ArticleReader::Results& results) { Answer(results); });
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return FinishOnce(grpc::Status::OK);
    {
      absl::MutexLock lock(&mutex_);
      answering_ = false;
      if (!ending_) {
        StartRead(&request_);
        return;
      }
    }
    FinishOnce(Ending());
  }

  void OnDone() override {
    streams_.Remove(this);
    delete this;
  }

  // Ends the stream now, or after the answer under way.
  void End() {
    {
      absl::MutexLock lock(&mutex_);
      ending_ = true;
      if (answering_) return;
    }
    FinishOnce(Ending());
  }

 private:
  static grpc::Status Ending() {
    return ToGrpc(absl::UnavailableError("shutting down: open the stream again"));
  }

  // False if the stream has been ended meanwhile: the batch just read is then not recorded.
  bool StartAnswering() {
    absl::MutexLock lock(&mutex_);
    answering_ = !ending_;
    return answering_;
  }

  void Answer(const ArticleReader::Results& results) {
    response_.Clear();
    for (int i = 0; i < request_.ids_size(); ++i) {
      ToProto(request_.ids(i), results[i], request_.counts_only(), *response_.add_results());
    }
    StartWrite(&response_);
  }

  void FinishOnce(const grpc::Status& status) {
    {
      absl::MutexLock lock(&mutex_);
      if (std::exchange(finished_, true)) return;
    }
    Finish(status);
  }

  ViewStreams& streams_;
  ArticleReader& reader_;
  v1::ViewArticlesRequest request_;
  v1::ViewArticlesResponse response_;

  absl::Mutex mutex_;
  bool answering_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
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
    ArticleReader& reader) {
  auto* stream = new ViewStream(*this, reader);
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
