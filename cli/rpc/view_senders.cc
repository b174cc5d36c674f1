#include "cli/rpc/view_senders.h"

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "cli/rpc/call_outcome.h"
#include "cli/rpc/channel.h"
#include "readcount/v1/article_service.grpc.pb.h"

namespace readcount::cli {
namespace {

// How a call or stream failed, and whether its views were certainly not counted.
struct Failure {
  grpc::Status status;
  bool uncounted = false;
};

// What became of `views` whose call or stream failed.
Outcomes OutcomesOf(const Failure& failure, const Endpoint& endpoint, uint64_t views) {
  Outcomes outcomes{.error = std::string(Explained(failure.status, endpoint).message())};
  (failure.uncounted ? outcomes.refused : outcomes.unknown) = views;
  if (failure.status.error_code() == grpc::StatusCode::NOT_FOUND) outcomes.no_article = views;
  return outcomes;
}

// The same of one after which the connection is to rest.
Outcomes OutcomesOfLost(const Failure& failure, const Endpoint& endpoint, uint64_t views) {
  Outcomes outcomes = OutcomesOf(failure, endpoint, views);
  outcomes.lost = true;
  return outcomes;
}

// One operation of the stream is under way at a time, and is waited for.
class StreamSender final : public ViewSender {
 public:
  explicit StreamSender(const Endpoint& endpoint)
      : endpoint_(endpoint), stub_(v1::ArticleService::NewStub(MakeChannel(endpoint))) {}

  ~StreamSender() override {
    if (stream_ != nullptr) Close();
    queue_.Shutdown();
    void* tag = nullptr;
    for (bool ok = false; queue_.Next(&tag, &ok);) {
    }
  }

  size_t most_ids() const override { return 1000; }

  Outcomes Send(const std::vector<uint64_t>& ids) override {
    request_.Clear();
    request_.set_counts_only(true);
    request_.mutable_ids()->Assign(ids.begin(), ids.end());
    if (!Exchange()) return OutcomesOfLost(Finish(), endpoint_, ids.size());
    if (response_.results_size() != static_cast<int>(ids.size())) {
      Close();
      return {.unknown = ids.size(), .error = "an answer was short of its views", .lost = true};
    }
    Outcomes outcomes;
    for (const v1::ViewResult& result : response_.results()) Add(result, outcomes);
    return outcomes;
  }

 private:
  static void Add(const v1::ViewResult& result, Outcomes& outcomes) {
    if (!result.has_error()) {
      ++outcomes.acknowledged;
      return;
    }
    (result.error().code() == grpc::StatusCode::UNKNOWN ? outcomes.unknown : outcomes.refused) += 1;
    if (result.error().code() == grpc::StatusCode::NOT_FOUND) ++outcomes.no_article;
    outcomes.error = result.error().message();
  }

  bool Exchange() {
    deadline_ = absl::ToChronoTime(absl::Now() + endpoint_.timeout);
    if (stream_ == nullptr) {
      context_ = std::make_unique<grpc::ClientContext>();
      PrepareStream(*context_, endpoint_);
      stream_ = stub_->AsyncViewArticles(context_.get(), &queue_, this);
      if (!Await()) return false;
    }
    stream_->Write(request_, this);
    if (!Await()) return false;
    stream_->Read(&response_, this);
    return Await();
  }

  // Whether the operation succeeded. One that takes too long breaks the stream.
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    if (queue_.AsyncNext(&tag, &ok, deadline_) == grpc::CompletionQueue::TIMEOUT) {
      overdue_ = true;
      context_->TryCancel();
      queue_.Next(&tag, &ok);
      return false;
    }
    return ok;
  }

  // Ends the stream, whatever it is at.
  void Close() {
    context_->TryCancel();
    Finish();
  }

  // Tells why a stream on which an operation has failed has ended. Cancelling it first could hide the reason.
  Failure Finish() {
    Failure failure;
    grpc::Status& status = failure.status;
    stream_->Finish(&status, this);
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    if (std::exchange(overdue_, false)) {
      status = {grpc::StatusCode::DEADLINE_EXCEEDED, "the stream was broken off"};
    } else if (status.ok()) {
      status = {grpc::StatusCode::UNAVAILABLE, "the stream has ended"};
    }
    failure.uncounted = IsKnownUncounted(status, *context_);
    stream_.reset();
    context_.reset();
    return failure;
  }

  const Endpoint endpoint_;
  const std::unique_ptr<v1::ArticleService::Stub> stub_;
  grpc::CompletionQueue queue_;
  std::chrono::system_clock::time_point deadline_;
  bool overdue_ = false;
  v1::ViewArticlesRequest request_;
  v1::ViewArticlesResponse response_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::ViewArticlesRequest, v1::ViewArticlesResponse>> stream_;
};

class UnarySender final : public ViewSender {
 public:
  explicit UnarySender(const Endpoint& endpoint)
      : endpoint_(endpoint), stub_(v1::ArticleService::NewStub(MakeChannel(endpoint))) {}

  size_t most_ids() const override { return 1; }

  Outcomes Send(const std::vector<uint64_t>& ids) override {
    Outcomes all;
    for (const uint64_t id : ids) {
      const Outcomes one = SendOne(id);
      all.acknowledged += one.acknowledged;
      all.refused += one.refused;
      all.no_article += one.no_article;
      all.unknown += one.unknown;
      all.lost = all.lost || one.lost;
      if (!one.error.empty()) all.error = one.error;
    }
    return all;
  }

 private:
  Outcomes SendOne(uint64_t id) {
    grpc::ClientContext call;
    PrepareCall(call, endpoint_);
    v1::ViewArticleRequest request;
    request.set_id(id);
    v1::ViewArticleResponse response;
    const grpc::Status status = stub_->ViewArticle(&call, request, &response);
    if (status.ok()) return {.acknowledged = 1};
    const Failure failure{.status = status, .uncounted = IsKnownUncounted(status, call)};
    const bool away = status.error_code() == grpc::StatusCode::UNAVAILABLE;
    return failure.uncounted && !away ? OutcomesOf(failure, endpoint_, 1)
                                      : OutcomesOfLost(failure, endpoint_, 1);
  }

  const Endpoint endpoint_;
  const std::unique_ptr<v1::ArticleService::Stub> stub_;
};

}  // namespace

std::unique_ptr<ViewSender> MakeStreamSender(const Endpoint& endpoint) {
  return std::make_unique<StreamSender>(endpoint);
}

std::unique_ptr<ViewSender> MakeUnarySender(const Endpoint& endpoint) {
  return std::make_unique<UnarySender>(endpoint);
}

}  // namespace readcount::cli
