#include "services/article/exact_count.h"

#include "services/article/cache.h"

namespace readcount {

std::optional<ExactCount> CountExactly(const ArticleRow& row, const LedgerState& state,
                                       const RecordedView& view) {
  if (row.life != state.life || row.applied_epoch + 1 < state.oldest_epoch()) return std::nullopt;
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

}  // namespace readcount
