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
  if (under_way_->exchange(true)) return;
  std::vector<uint64_t> due = texts_.TakeDue(kMostAtOnce);
  if (due.empty()) {
    *under_way_ = false;
    return;
  }
  articles_.BatchGet(std::move(due), [&texts = texts_, under_way = under_way_](
                                         const absl::StatusOr<v1::BatchGetArticlesResponse>& response) {
    if (response.ok()) KeepAll(texts, *response);
    *under_way = false;
  });
}

}  // namespace readcount::gateway
