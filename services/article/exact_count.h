#pragma once

#include <cstdint>
#include <optional>

#include "services/article/article.h"
#include "services/article/view_recorder.h"

namespace readcount {

// A count put together from a row and what the ledger holds beyond it.
struct ExactCount {
  uint64_t count = 0;
  bool folds = false;  // the row may take the sealed batch in
};

// The count of `view` on top of `row`, or none if a batch that the row lacks has left Redis already (or
// belongs to another life): then the row must be read again. Exact also for a row newer than the ledger's
// answer, whose batches are then not added again.
std::optional<ExactCount> CountExactly(const ArticleRow& row, const LedgerState& state,
                                       const RecordedView& view);

}  // namespace readcount
