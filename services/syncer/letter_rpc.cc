#include "services/syncer/letter_rpc.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"
#include "services/syncer/proto_convert.h"
#include "services/syncer/sync_requests.h"

namespace readcount {
namespace {

// Does `work` on `threads` and answers with its status, or at once if too many calls wait.
template <typename Work>
void Post(const UnaryCall& call, ThreadPool& threads, size_t most, Work work) {
  if (threads.TryPost([call, work = std::move(work)] { call.Answer(work()); }, most)) return;
  call.Answer(
      absl::ResourceExhaustedError(absl::StrCat(most, " such calls wait, which is the limit: try later")));
}

absl::StatusOr<std::string> ToReason(v1::DeadLetterReason reason, absl::string_view field) {
  if (reason == v1::DEAD_LETTER_REASON_UNSPECIFIED) return std::string();
  const absl::string_view text = FromProto(reason);
  if (!text.empty()) return std::string(text);
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", static_cast<int>(reason), " is no reason"));
}

absl::StatusOr<LetterSelection> ToSelection(const v1::DeadLetterSelection& from) {
  if (from.ids_size() > LetterRpc::kMaxIds) {
    return absl::InvalidArgumentError(
        absl::StrCat("selection.ids: has ", from.ids_size(), " ids, may have ", LetterRpc::kMaxIds));
  }
  absl::StatusOr<std::string> reason = ToReason(from.reason(), "selection.reason");
  if (!reason.ok()) return reason.status();
  if (from.ids().empty() && reason->empty() && !from.all()) {
    return absl::InvalidArgumentError("selection: selects nothing: give ids or a reason, or set all");
  }
  LetterSelection selection{.ids = {from.ids().begin(), from.ids().end()}, .reason = *std::move(reason)};
  std::ranges::sort(selection.ids);
  const auto doubles = std::ranges::unique(selection.ids);
  selection.ids.erase(doubles.begin(), doubles.end());
  return selection;
}

// Of a request to retry or to drop.
template <typename Request>
absl::StatusOr<LetterSelection> Check(const Request& request) {
  if (absl::Status status = CheckRequester(request.requested_by()); !status.ok()) return status;
  return ToSelection(request.selection());
}

DeadLetterBox::Abandoned AbandonedBy(const grpc::CallbackServerContext& context) {
  return [&context] { return context.IsCancelled(); };
}

}  // namespace

absl::Status LetterRpc::ListNow(const v1::ListDeadLettersRequest& request,
                                v1::ListDeadLettersResponse& response) {
  const absl::StatusOr<PageRequest> page = ToPage(request.page_size(), request.page_token());
  if (!page.ok()) return page.status();
  const absl::StatusOr<std::string> reason = ToReason(request.reason(), "reason");
  if (!reason.ok()) return reason.status();
  // One more than the page tells whether there is another page.
  absl::StatusOr<std::vector<KeptLetter>> letters =
      box_.List(page->last.value_or(0), *reason, page->limit + 1);
  if (!letters.ok()) return letters.status();
  if (letters->size() > static_cast<size_t>(page->limit)) {
    letters->pop_back();
    response.set_next_page_token(absl::StrCat(letters->back().id));
  }
  for (const KeptLetter& letter : *letters) ToProto(letter, *response.add_dead_letters());
  return absl::OkStatus();
}

void LetterRpc::List(const UnaryCall& call, const v1::ListDeadLettersRequest& request,
                     v1::ListDeadLettersResponse& response) {
  Post(call, lists_, kMaxQueuedLists, [this, &request, &response] { return ListNow(request, response); });
}

absl::Status LetterRpc::RetryNow(const grpc::CallbackServerContext& context,
                                 const v1::RetryDeadLettersRequest& request,
                                 v1::RetryDeadLettersResponse& response) {
  const absl::StatusOr<LetterSelection> selection = Check(request);
  if (!selection.ok()) return selection.status();
  const absl::StatusOr<RetriedLetters> retried = box_.Retry(*selection, AbandonedBy(context));
  if (!retried.ok()) return retried.status();
  response.set_added(retried->added);
  response.set_views(Narrow(retried->views));
  response.set_kept(retried->kept);
  Log(LogLevel::kInfo, "dead_letters_retried",
      {{"requested_by", request.requested_by()},
       {"added", retried->added},
       {"views", ToText(retried->views)},
       {"kept", retried->kept}});
  return absl::OkStatus();
}

void LetterRpc::Retry(const UnaryCall& call, const grpc::CallbackServerContext& context,
                      const v1::RetryDeadLettersRequest& request, v1::RetryDeadLettersResponse& response) {
  Post(call, moves_, kMaxQueuedMoves,
       [this, &context, &request, &response] { return RetryNow(context, request, response); });
}

absl::Status LetterRpc::DropNow(const grpc::CallbackServerContext& context,
                                const v1::DropDeadLettersRequest& request,
                                v1::DropDeadLettersResponse& response) {
  const absl::StatusOr<LetterSelection> selection = Check(request);
  if (!selection.ok()) return selection.status();
  const absl::StatusOr<DroppedLetters> dropped =
      box_.Drop(*selection, request.requested_by(), AbandonedBy(context));
  if (!dropped.ok()) return dropped.status();
  response.set_dropped(dropped->dropped);
  response.set_views(Narrow(dropped->views));
  response.set_kept(dropped->kept);
  Log(LogLevel::kInfo, "dead_letters_dropped",
      {{"requested_by", request.requested_by()},
       {"dropped", dropped->dropped},
       {"views", ToText(dropped->views)}});
  return absl::OkStatus();
}

void LetterRpc::Drop(const UnaryCall& call, const grpc::CallbackServerContext& context,
                     const v1::DropDeadLettersRequest& request, v1::DropDeadLettersResponse& response) {
  Post(call, moves_, kMaxQueuedMoves,
       [this, &context, &request, &response] { return DropNow(context, request, response); });
}

}  // namespace readcount
