#include "gateway/text_renewal.h"

#include <utility>
#include <vector>

namespace readcount::gateway {
namespace {

void KeepAll(TextCache& texts, const v1::BatchGetArticlesResponse& response) {
  for (const v1::ArticleResult& result : response.results()) {
    if (result.has_article()) {
      texts.Keep(result.article());
    } else if (result.error().code() == static_cast<int>(absl::StatusCode::kNotFound)) {
      texts.Forget(result.id());
    }
  }
}

}  // namespace

void TextRenewal::Poll() {
  if (!state_->under_way.exchange(true)) AskNext(state_);
}

void TextRenewal::AskNext(const std::shared_ptr<State>& state) {
  std::vector<uint64_t> due = state->texts.TakeDue(kMostAtOnce);
  if (due.empty()) {
    state->under_way = false;
    return;
  }
  state->articles.BatchGet(std::move(due), CallOptions(),
                           [state](const absl::StatusOr<v1::BatchGetArticlesResponse>& response) {
                             if (!response.ok()) {
                               state->under_way = false;
                               return;
                             }
                             KeepAll(state->texts, *response);
                             AskNext(state);
                           });
}

}  // namespace readcount::gateway
