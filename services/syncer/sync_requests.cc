#include "services/syncer/sync_requests.h"

#include "absl/strings/str_cat.h"
#include "services/common/ledger/field.h"

namespace readcount {

absl::StatusOr<PageRequest> ToPage(int page_size, absl::string_view page_token) {
  if (page_size < 0 || page_size > kMaxPageSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size: is ", page_size, ", must be 1 to ", kMaxPageSize));
  }
  PageRequest page{.limit = page_size == 0 ? kDefaultPageSize : page_size};
  if (page_token.empty()) return page;
  page.last = ParseArticleId(page_token);
  if (page.last.has_value()) return page;
  return absl::InvalidArgumentError(
      "page_token: is not a token of this list: take next_page_token of the previous page");
}

absl::Status CheckRequester(absl::string_view requested_by) {
  if (requested_by.size() <= kMaxRequesterBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("requested_by: is longer than ", kMaxRequesterBytes, " bytes"));
}

}  // namespace readcount
