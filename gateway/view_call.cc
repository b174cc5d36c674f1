#include "gateway/view_call.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/rpc/status.h"

namespace readcount::gateway {
namespace {

// Whether the reply has one result per view, in their order.
bool Matches(const ViewBatch& batch, const v1::ViewArticlesResponse& response) {
  if (response.results_size() != static_cast<int>(batch.views.size())) return false;
  for (int i = 0; i < response.results_size(); ++i) {
    if (response.results(i).id() != batch.views[i].id) return false;
  }
  return true;
}

void AnswerOne(PendingView& view, const v1::ViewResult& result) {
  switch (result.result_case()) {
    case v1::ViewResult::kArticle:
      return view.answer(&result.article());
    case v1::ViewResult::kError:
      return view.answer(
          absl::Status(static_cast<absl::StatusCode>(result.error().code()), result.error().message()));
    case v1::ViewResult::kReadCount:
    case v1::ViewResult::RESULT_NOT_SET:
      return view.answer(
          absl::InternalError("ArticleService sent a result without an article: check that its "
                              "version fits the gateway's"));
  }
}

void FailAll(ViewBatch& batch, const absl::Status& error) {
  for (PendingView& view : batch.views) view.answer(error);
}

}  // namespace

ViewCall::ViewCall(const Clock& clock, std::function<void(Ended)> on_end)
    : clock_(clock), on_end_(std::move(on_end)) {}

std::shared_ptr<ViewCall> ViewCall::Open(v1::ArticleService::StubInterface& stub, const Clock& clock,
                                         std::function<void(Ended)> on_end) {
  const std::shared_ptr<ViewCall> call(new ViewCall(clock, std::move(on_end)));
  call->self_ = call;
  stub.async()->ViewArticles(&call->context_, call.get());
  // For the writes that come from elsewhere than gRPC's callbacks; dropped when the stream breaks.
  call->AddHold();
  call->StartRead(&call->response_);
  call->StartCall();
  return call;
}

bool ViewCall::Send(ViewBatch& batch) {
  absl::MutexLock lock(&mutex_);
  if (broken_) return false;
  waiting_.push_back(std::move(batch));
  if (!writing_) WriteNext();
  return true;
}

void ViewCall::WriteNext() {
  writing_ = true;
  sent_.push_back(std::move(waiting_.front()));
  waiting_.pop_front();
  ViewBatch& batch = sent_.back();
  batch.sent_at = clock_.Elapsed();
  request_.Clear();
  for (const PendingView& view : batch.views) request_.add_ids(view.id);
  StartWrite(&request_);
}

void ViewCall::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (ok) {
      if (!broken_ && !waiting_.empty()) WriteNext();
      return;
    }
    // One write is under way at a time, so it is the newest batch, unless its answer overtook this callback.
    if (!sent_.empty()) sent_.back().write_failed = true;
  }
  MarkBroken(absl::UnavailableError("a message could not be written"));
}

void ViewCall::OnReadDone(bool ok) {
  if (!ok) {
    MarkBroken(absl::UnavailableError("the stream was closed"));
    return;
  }
  std::optional<ViewBatch> batch;
  {
    absl::MutexLock lock(&mutex_);
    answered_ = true;
    if (!sent_.empty()) {
      batch = std::move(sent_.front());
      sent_.pop_front();
    }
  }
  if (!batch.has_value()) {
    return Cancel(absl::InternalError("ArticleService answered a batch that was not sent"));
  }
  if (!Matches(*batch, response_)) {
    const absl::Status error = absl::InternalError(
        absl::StrCat("ArticleService gave ", response_.results_size(), " results for ", batch->views.size(),
                     " views, or others than those asked for: whether "
                     "the view was counted is not known"));
    Cancel(error);
    FailAll(*batch, error);
  } else {
    for (size_t i = 0; i < batch->views.size(); ++i) {
      AnswerOne(batch->views[i], response_.results(static_cast<int>(i)));
    }
    StartRead(&response_);
  }
  batch->done();
}

void ViewCall::Cancel(const absl::Status& why) {
  if (MarkBroken(why)) context_.TryCancel();
}

bool ViewCall::MarkBroken(const absl::Status& why) {
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(broken_, true)) return false;
    why_ = why;
  }
  RemoveHold();
  return true;
}

bool ViewCall::UnansweredSince(absl::Duration moment) const {
  absl::MutexLock lock(&mutex_);
  return !broken_ && !sent_.empty() && sent_.front().sent_at < moment;
}

void ViewCall::OnDone(const grpc::Status& status) {
  const std::shared_ptr<ViewCall> self = std::move(self_);
  Ended ended;
  {
    absl::MutexLock lock(&mutex_);
    // Our own reason tells more than the CANCELLED that it led to; the service's more than our "closed".
    const absl::Status theirs = FromGrpc(status);
    ended.status = theirs.ok() || absl::IsCancelled(theirs) ? why_ : theirs;
    ended.answered = answered_;
    ended.sent.assign(std::make_move_iterator(sent_.begin()), std::make_move_iterator(sent_.end()));
    ended.waiting.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
    sent_.clear();
    waiting_.clear();
  }
  on_end_(std::move(ended));
}

}  // namespace readcount::gateway
