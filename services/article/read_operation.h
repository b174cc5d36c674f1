#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "services/article/exact_count.h"
#include "services/article/reader.h"

namespace readcount {

// One call of ArticleReader::Read on its way through the three steps. Each step may end on another thread;
// the last of its parts to end begins the next step. Keeps itself alive until the callback has run.
class ReadOperation : public std::enable_shared_from_this<ReadOperation> {
 public:
  ReadOperation(ArticleReader& reader, std::vector<uint64_t> ids, ArticleReader::Options options,
                ArticleReader::Callback callback);

  void Start();

 private:
  // One id's way.
  struct Item {
    uint64_t id = 0;
    std::optional<CachedRow> row;
    absl::Status error;  // set when there will be no article
    bool content_stale = false;
    std::optional<RecordedView> view;  // what the ledger said
    int reloads = 0;
    CountedArticle answer;
  };

  void FindRow(Item& item);
  void RowLoaded(Item& item, const absl::StatusOr<CachedRow>& row);
  void AskLedger();
  void LedgerAnswered(const absl::StatusOr<RecordedViews>& outcome);
  void Settle(Item& item);
  void Reload(Item& item);
  void AnswerExactly(Item& item, const ExactCount& count);
  void AnswerHeld(Item& item);
  void AnswerStale(Item& item, uint64_t at_least);
  void Finish();
  bool Recorded(const Item& item) const { return options_.record && item.view.has_value(); }

  // Counts the parts of a step: true for the last one.
  bool LastOfStep() { return pending_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

  ArticleReader& reader_;
  const ArticleReader::Options options_;
  ArticleReader::Callback callback_;

  std::vector<Item> items_;
  std::vector<Item*> asked_;  // those that reached the ledger, in order
  LedgerState state_;
  std::atomic<size_t> pending_ = 0;
};

}  // namespace readcount
