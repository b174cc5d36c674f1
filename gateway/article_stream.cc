#include "gateway/article_stream.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"
#include "services/common/rpc/status.h"
#include "services/common/rpc/view_outcome.h"

namespace readcount::gateway {

namespace {

// gRPC's own words for a call that it gave up before it had a connection for it, so that nothing was sent. A
// write's failure proves less: its bytes may be on their way all the same.
bool SaysNoConnection(const grpc::Status& status) {
  return absl::StartsWith(status.error_message(), "failed to connect to all addresses") ||
         absl::StartsWith(status.error_message(), "DNS resolution failed");
}

// A status that the service ends a stream with by itself.
bool IsOfService(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::INVALID_ARGUMENT;
}

}  // namespace

// One gRPC stream and the batch under way on it. Deletes itself when it has ended.
class ArticleStream::Call final
    : public grpc::ClientBidiReactor<v1::ViewArticlesRequest, v1::ViewArticlesResponse> {
 public:
  explicit Call(ArticleStream& stream) : stream_(stream), metered_(stream.meter_) {
    stream.stub_.async()->ViewArticles(&context_, this);
    // Writes begin outside of reactions; the hold keeps the stream alive between them, until it breaks.
    AddHold();
    StartRead(&response_);
    StartCall();
  }

  // REQUIRES: no batch is under way.
  void Write(Flight flight) {
    request_.Clear();
    request_.set_counts_only(stream_.asks_ == Asks::kCounts);
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
    metered_.MessageReceived();
    {
      absl::MutexLock lock(&stream_.mutex_);
      heard_ = true;
      if (flight_.has_value() && !flight_->reply.has_value()) flight_->reply = std::move(response_);
    }
    response_.Clear();
    // Before the next read, which tells the service of room for it: whoever waits for the answer does not
    // wait for that as well.
    stream_.Landed(this);
    StartRead(&response_);
  }

  // After a failed write the read fails as well, and that ends the stream.
  void OnWriteDone(bool ok) override {
    if (!ok) return;
    metered_.MessageSent();
    {
      absl::MutexLock lock(&stream_.mutex_);
      if (flight_.has_value()) flight_->written = true;
    }
    stream_.Landed(this);
  }

  void OnDone(const grpc::Status& status) override {
    metered_.End(static_cast<absl::StatusCode>(status.error_code()));
    stream_.Ended(this, FromGrpc(status), !IsKnownUnrecorded(status));
    delete this;
  }

  void Cancel() {
    cancelled_ = true;
    context_.TryCancel();
  }

  // Guarded by the stream's mutex.
  std::optional<Flight> flight_;  // the batch under way, if any
  bool overdue_ = false;
  bool cancelled_ = false;
  bool heard_ = false;  // a reply has come

 private:
  // That nothing of the batch under way was recorded: it never left, or the service says so. To a call that
  // comes when it stops it says CANCELLED; of a stream that it has answered others may say that.
  bool IsKnownUnrecorded(const grpc::Status& status) const {
    // A peer is known once a server has answered; until then it is the channel's target.
    const bool never_sent = absl::StartsWith(context_.peer(), "dns:") && SaysNoConnection(status);
    const bool says_so = IsOfService(status) && HasUnansweredMetadata();
    absl::MutexLock lock(&stream_.mutex_);
    if (flight_.has_value() && flight_->reply.has_value()) return false;
    const bool not_taken = status.error_code() == grpc::StatusCode::CANCELLED && !cancelled_ && !heard_;
    return never_sent || says_so || not_taken;
  }

  bool HasUnansweredMetadata() const {
    const auto& metadata = context_.GetServerTrailingMetadata();
    const auto told = metadata.find(kUnansweredMetadata);
    return told != metadata.end() && told->second == kNotRecorded;
  }

  ArticleStream& stream_;
  const MeteredCall metered_;
  grpc::ClientContext context_;
  v1::ViewArticlesRequest request_;
  v1::ViewArticlesResponse response_;
};

namespace {

absl::StatusOr<v1::Article> ToOutcome(v1::ViewResult& result, ServiceErrors& errors) {
  if (result.has_article()) return std::move(*result.mutable_article());
  if (result.has_read_count()) {
    v1::Article counted;
    counted.set_id(result.id());
    counted.set_read_count(result.read_count());
    counted.set_read_count_stale(result.read_count_stale());
    return counted;
  }
  if (result.has_error() && result.error().code() != 0)
    return errors.ForViewer({static_cast<absl::StatusCode>(result.error().code()), result.error().message()});
  return absl::InternalError("the article service answered a view without a result");
}

absl::Status UnknownOutcome(absl::StatusCode code, absl::string_view why) {
  return {code,
          absl::StrCat("the article service did not answer (", why,
                       "): the view may have been counted, so it was not sent again; ask again if need be")};
}

absl::Status OutcomeOfLost(bool overdue, bool may_be_recorded) {
  const auto code = overdue ? absl::StatusCode::kDeadlineExceeded : absl::StatusCode::kUnavailable;
  if (may_be_recorded)
    return UnknownOutcome(code, overdue ? "it took too long" : "the connection to it was lost");
  return {code,
          absl::StrCat("the article service cannot be reached: ", kNothingCounted, ", try again later")};
}

}  // namespace

ArticleStream::ArticleStream(v1::ArticleService::StubInterface& stub, Asks asks, absl::Duration timeout,
                             const Clock& clock, ServiceErrors& errors, MethodMeter& meter,
                             StreamTally& tally, Post post, PutOff put_off)
    : stub_(stub),
      asks_(asks),
      timeout_(timeout),
      clock_(clock),
      errors_(errors),
      meter_(meter),
      tally_(tally),
      post_(std::move(post)),
      put_off_(std::move(put_off)),
      batcher_({.max_batch = kMaxBatch, .max_queued = kMaxQueued},
               [this](std::vector<PendingView> views, Batcher<PendingView>::Done done) {
                 Send(std::move(views), std::move(done));
               }) {}

ArticleStream::~ArticleStream() {
  Close();
}

void ArticleStream::Close() {
  batcher_.Close();
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
    if (call_ != nullptr) call_->Cancel();
  }
  batcher_.Drain();
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &ArticleStream::NoCalls));
}

void ArticleStream::View(uint64_t id, bool final, absl::Duration patience, Callback<v1::Article> callback) {
  PendingView view{.id = id,
                   .final = final,
                   .callback = std::move(callback),
                   .deadline = clock_.Elapsed() + std::min(timeout_, patience)};
  // NOLINTNEXTLINE(bugprone-use-after-move): what is refused is left as it was.
  if (absl::Status status = batcher_.Add(std::move(view)); !status.ok()) view.callback(status);
}

void ArticleStream::Send(std::vector<PendingView> all, Batcher<PendingView>::Done done) {
  const absl::Duration now = clock_.Elapsed();
  std::vector<PendingView> views, late;
  {
    absl::MutexLock lock(&mutex_);
    // What waited too long behind others, or until the end, has not been sent and fails as such.
    for (PendingView& view : all)
      (!closing_ && view.deadline > now ? views : late).push_back(std::move(view));
    if (!views.empty()) {
      if (call_ == nullptr) {
        call_ = new Call(*this);
        ++calls_;
      }
      tally_.batches.Observe(static_cast<double>(views.size()));
      const absl::Duration deadline = now + timeout_;
      call_->Write({.views = std::move(views), .done = std::exchange(done, nullptr), .deadline = deadline});
    }
  }
  FailUnsent(late);
  if (done) done();
}

void ArticleStream::FailUnsent(const std::vector<PendingView>& views) {
  for (const PendingView& view : views) {
    view.callback(absl::DeadlineExceededError(
        absl::StrCat("the article service is too slow: ", kNothingCounted, ", try again later")));
  }
}

// Goes on when both the write and the reply are there: only then may the next batch be written.
void ArticleStream::Landed(Call* call) {
  std::shared_ptr<Flight> flight;
  {
    absl::MutexLock lock(&mutex_);
    if (!call->flight_.has_value() || !call->flight_->written || !call->flight_->reply.has_value()) return;
    flight = std::make_shared<Flight>(*std::exchange(call->flight_, std::nullopt));
    lost_ = false;
    // Nothing after a reply that does not fit its batch can be trusted: the next batch opens a stream of its
    // own.
    if (flight->reply->results_size() != static_cast<int>(flight->views.size())) {
      if (call_ == call) call_ = nullptr;
      call->Cancel();
    }
  }
  // First the answers, then the next batch, for those who were answered may add to it.
  const Batcher<PendingView>::Done done = std::move(flight->done);
  post_([this, flight = std::move(flight)] { Answer(*flight); });
  done();
}

void ArticleStream::Answer(Flight& flight) {
  const bool whole = flight.reply->results_size() == static_cast<int>(flight.views.size());
  for (size_t i = 0; i < flight.views.size(); ++i) {
    PendingView& view = flight.views[i];
    if (!view.callback) continue;
    const absl::StatusOr<v1::Article> outcome =
        whole ? ToOutcome(*flight.reply->mutable_results(static_cast<int>(i)), errors_)
              : UnknownOutcome(absl::StatusCode::kInternal, "its reply was short of the batch");
    if (absl::IsDeadlineExceeded(outcome.status()) && !view.final) {
      put_off_(view.id, view.deadline - clock_.Elapsed(), std::move(view.callback));
    } else {
      view.callback(outcome);
    }
  }
}

void ArticleStream::Broken(Call* call) {
  absl::MutexLock lock(&mutex_);
  if (call_ == call) call_ = nullptr;
}

void ArticleStream::Ended(Call* call, const absl::Status& status, bool may_be_recorded) {
  std::optional<Flight> flight;
  bool overdue = false, first_loss = false;
  {
    absl::MutexLock lock(&mutex_);
    flight = std::exchange(call->flight_, std::nullopt);
    overdue = call->overdue_;
    first_loss = !std::exchange(lost_, true) && !closing_;
  }
  // Once per outage: while the service is away every batch ends like this.
  if (first_loss) {
    tally_.losses.Add();
    Log(LogLevel::kWarning, "article_stream_lost", {{"status", status}});
  }
  if (flight.has_value()) {
    const absl::Status error = OutcomeOfLost(overdue, may_be_recorded);
    for (const PendingView& view : flight->views) {
      if (view.callback) view.callback(error);
    }
    flight->done();
    flight.reset();
  }
  // Last: after this the stream, and what callbacks hold, may be gone.
  absl::MutexLock lock(&mutex_);
  --calls_;
}

ArticleStream::State ArticleStream::state() const {
  absl::MutexLock lock(&mutex_);
  if (lost_) return State::kLost;
  return call_ == nullptr ? State::kIdle : State::kOpen;
}

void ArticleStream::EnforceTimeout() {
  const absl::Duration now = clock_.Elapsed();
  FailUnsent(batcher_.TakeBack([now](const PendingView& view) { return view.deadline <= now; }));
  for (const Callback<v1::Article>& callback : TakeImpatient()) {
    callback(UnknownOutcome(absl::StatusCode::kDeadlineExceeded, "it took too long"));
  }
}

std::vector<Callback<v1::Article>> ArticleStream::TakeImpatient() {
  const absl::Duration now = clock_.Elapsed();
  std::vector<Callback<v1::Article>> impatient;
  absl::MutexLock lock(&mutex_);
  if (call_ == nullptr || !call_->flight_.has_value()) return impatient;
  for (PendingView& view : call_->flight_->views) {
    if (view.deadline <= now && view.callback) impatient.push_back(std::exchange(view.callback, nullptr));
  }
  if (now >= call_->flight_->deadline) {
    call_->overdue_ = true;
    call_->Cancel();
  }
  return impatient;
}

}  // namespace readcount::gateway
