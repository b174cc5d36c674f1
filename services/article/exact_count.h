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

// The count of `view`, told in `history`, on top of `row`, or none if a batch that the row lacks has left
// Redis already (or belongs to another history): then the row must be read again. Exact also for a row newer
// than the ledger's answer, whose batches are then not added again.
std::optional<ExactCount> CountExactly(const ArticleRow& row, uint64_t history, const LedgerState& state,
                                       const RecordedView& view);

// The least that the count can be while it cannot be told exactly.
uint64_t CountAtLeast(const ArticleRow& row, uint64_t history, const LedgerState& state,
                      const RecordedView& view);

// True if a row that was known before the ledger answered has a batch that Redis had not even sealed: Redis
// was put back to an older state, and MySQL has gone on by a batch that Redis does not know any more.
bool ContradictsLedger(const ArticleRow& row, uint64_t history, const LedgerState& state);

}  // namespace readcount
