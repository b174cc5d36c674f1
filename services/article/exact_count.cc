#include "services/article/exact_count.h"

#include "services/article/cache.h"

namespace readcount {

std::optional<ExactCount> CountExactly(const ArticleRow& row, uint64_t history, const LedgerState& state,
                                       const RecordedView& view) {
  if (row.history != history || row.applied_epoch + 1 < state.oldest_epoch()) return std::nullopt;
  ExactCount exact{.count = row.count};
  if (state.sealed_epoch > row.applied_epoch) {
    exact.count = AddViews(exact.count, view.pending.sealed);
    exact.folds = true;
  }
  if (state.epoch > row.applied_epoch) {
    exact.count = AddViews(exact.count, view.pending.live - static_cast<int64_t>(view.later_views));
  }
  return exact;
}

// The live views may be in a row of another history already.
uint64_t CountAtLeast(const ArticleRow& row, uint64_t history, const LedgerState& state,
                      const RecordedView& view) {
  if (row.history != history || row.applied_epoch >= state.epoch) return row.count;
  return AddViews(row.count, view.pending.live - static_cast<int64_t>(view.later_views));
}

bool ContradictsLedger(const ArticleRow& row, uint64_t history, const LedgerState& state) {
  return row.history == history && row.applied_epoch >= state.epoch;
}

}  // namespace readcount
