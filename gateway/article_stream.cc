#include "gateway/article_stream.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"
#include "services/common/rpc/status.h"

namespace readcount::gateway {

// One gRPC stream and the batch under way on it. Deletes itself when it has ended.
class ArticleStream::Call final
    : public grpc::ClientBidiReactor<v1::ViewArticlesRequest, v1::ViewArticlesResponse> {
 public:
  explicit Call(ArticleStream& stream) : stream_(stream) {
    stream.stub_.async()->ViewArticles(&context_, this);
    // Writes begin outside of reactions; the hold keeps the stream alive between them, until it breaks.
    AddHold();
    StartRead(&response_);
    StartCall();
  }

  // REQUIRES: no batch is under way.
  void Write(Flight flight) {
    request_.Clear();
    for (const PendingView& view : flight.views) request_.add_ids(view.id);
    flight_ = std::move(flight);
    StartWrite(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      stream_.Broken(this);
      RemoveHold();
      return;
    }
    v1::ViewArticlesResponse response = std::move(response_);
    response_.Clear();
    StartRead(&response_);
    stream_.Answered(this, std::move(response));
  }

  void OnDone(const grpc::Status& status) override {
    stream_.Ended(this, FromGrpc(status));
    delete this;
  }

  void Cancel() { context_.TryCancel(); }

  // The batch under way, if any; guarded by the stream's mutex.
  std::optional<Flight> flight_;
  bool overdue_ = false;

 private:
  ArticleStream& stream_;
  grpc::ClientContext context_;
  v1::ViewArticlesRequest request_;
  v1::ViewArticlesResponse response_;
};

namespace {

absl::StatusOr<v1::Article> ToOutcome(v1::ViewResult& result) {
  if (result.has_article()) return std::move(*result.mutable_article());
  if (result.has_error())
    return absl::Status(static_cast<absl::StatusCode>(result.error().code()), result.error().message());
  return absl::InternalError("the article service answered a view without a result");
}

absl::Status UnknownOutcome(absl::StatusCode code, absl::string_view why) {
  return {code,
          absl::StrCat("the article service did not answer (", why,
                       "): the view may have been counted, so it was not sent again; ask again if need be")};
}

}  // namespace

ArticleStream::ArticleStream(v1::ArticleService::StubInterface& stub, absl::Duration timeout,
                             const Clock& clock)
    : stub_(stub),
      timeout_(timeout),
      clock_(clock),
      batcher_({.max_batch = kMaxBatch, .max_queued = kMaxQueued},
               [this](std::vector<PendingView> views, Batcher<PendingView>::Done done) {
                 Send(std::move(views), std::move(done));
               }) {}

ArticleStream::~ArticleStream() {
  batcher_.Close();
  batcher_.Drain();
  absl::MutexLock lock(&mutex_);
  if (call_ != nullptr) call_->Cancel();
  mutex_.Await(absl::Condition(this, &ArticleStream::NoCalls));
}

void ArticleStream::View(uint64_t id, Callback<v1::Article> callback) {
  PendingView view{.id = id, .callback = std::move(callback)};
  if (absl::Status status = batcher_.Add(std::move(view)); !status.ok()) view.callback(status);
}

void ArticleStream::Send(std::vector<PendingView> views, Batcher<PendingView>::Done done) {
  absl::MutexLock lock(&mutex_);
  if (call_ == nullptr) {
    call_ = new Call(*this);
    ++calls_;
  }
  call_->Write({.views = std::move(views), .done = std::move(done), .deadline = clock_.Elapsed() + timeout_});
}

void ArticleStream::Answered(Call* call, v1::ViewArticlesResponse response) {
  std::optional<Flight> flight;
  {
    absl::MutexLock lock(&mutex_);
    flight = std::exchange(call->flight_, std::nullopt);
  }
  if (!flight.has_value()) return call->Cancel();
  const bool whole = response.results_size() == static_cast<int>(flight->views.size());
  // Nothing after a reply that does not fit can be trusted.
  if (!whole) call->Cancel();
  if (whole) flight->done();
  for (size_t i = 0; i < flight->views.size(); ++i) {
    flight->views[i].callback(
        whole ? ToOutcome(*response.mutable_results(static_cast<int>(i)))
              : UnknownOutcome(absl::StatusCode::kInternal, "its reply was short of the batch"));
  }
  if (!whole) flight->done();
}

void ArticleStream::Broken(Call* call) {
  absl::MutexLock lock(&mutex_);
  if (call_ == call) call_ = nullptr;
}

void ArticleStream::Ended(Call* call, const absl::Status& status) {
  std::optional<Flight> flight;
  bool overdue = false;
  {
    absl::MutexLock lock(&mutex_);
    flight = std::exchange(call->flight_, std::nullopt);
    overdue = call->overdue_;
  }
  Log(LogLevel::kWarning, "article_stream_lost",
      {{"views_under_way", flight.has_value() ? flight->views.size() : 0}, {"status", status}});
  if (flight.has_value()) {
    const absl::Status error = overdue
                                   ? UnknownOutcome(absl::StatusCode::kDeadlineExceeded, "it took too long")
                                   : UnknownOutcome(absl::StatusCode::kUnavailable, status.message());
    for (const PendingView& view : flight->views) view.callback(error);
    flight->done();
  }
  // Last: after this the stream may be gone.
  absl::MutexLock lock(&mutex_);
  --calls_;
}

void ArticleStream::EnforceTimeout() {
  absl::MutexLock lock(&mutex_);
  if (call_ == nullptr || !call_->flight_.has_value() || clock_.Elapsed() < call_->flight_->deadline) return;
  call_->overdue_ = true;
  call_->Cancel();
}

}  // namespace readcount::gateway
