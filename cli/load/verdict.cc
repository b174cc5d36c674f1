#include "cli/load/verdict.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cli/format.h"

namespace readcount::cli {

absl::Status Judge(const Load::Totals& totals, std::optional<int64_t> recorded) {
  const auto least = static_cast<int64_t>(totals.acknowledged),
             most = least + static_cast<int64_t>(totals.unknown);
  if (recorded.has_value() && (*recorded < least || *recorded > most)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the books recorded ", Grouped(*recorded), " views meanwhile, and ", Grouped(least),
        " were acknowledged",
        totals.unknown > 0 ? absl::StrCat(", of ", Grouped(totals.unknown), " it is not known") : "",
        ": did somebody else view articles too, or is Redis away and views are held?"));
  }
  if (totals.no_article > 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "of the views ", Grouped(totals.no_article),
        " were refused because their articles are not there: let --ids be the number of articles from 1 on"));
  }
  if (totals.acknowledged > 0 || totals.error.empty()) return absl::OkStatus();
  const std::string message = "no view was acknowledged: " + totals.error;
  return totals.reached ? absl::AbortedError(message) : absl::UnavailableError(message);
}

}  // namespace readcount::cli
