#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "cli/load/load.h"

namespace readcount::cli {

// Whether a load did as it was told, given what the books recorded meanwhile, if they were asked.
// FAILED_PRECONDITION if the books do not agree or articles were not there, while views may be refused by a
// service that is busy or away, as a trial may mean it to be; ABORTED if no view was acknowledged,
// UNAVAILABLE if none was even answered.
absl::Status Judge(const Load::Totals& totals, std::optional<int64_t> recorded);

}  // namespace readcount::cli
