#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "services/article/exact_count.h"
#include "services/article/reader.h"

namespace readcount {

// One call of ArticleReader::Read on its way through the three steps. Each step may end on another thread;
// the last of its parts to end begins the next step. Keeps itself alive until the callback has run.
class ReadOperation : public std::enable_shared_from_this<ReadOperation> {
 public:
  ReadOperation(ArticleReader& reader, ArticleReader::Ids ids, ArticleReader::Options options,
                ArticleReader::Callback callback);

  // True if it has asked the ledger before it returns.
  bool Start();

 private:
  // One id's way.
  struct Item {
    ArticleRow row;
    absl::Status error;          // set when there will be no article
    bool known = false;          // there is a row
    bool expired = false;        // which has reached its age
    bool recorded = false;       // the ledger has the view
    bool exact = false;          // the count is
    bool content_stale = false;  // the text may be
    int reloads = 0;
    RecordedView view;  // what the ledger said
    ExactCount count;   // exact, or the least that it can be
  };

  uint64_t IdOf(const Item& item) const { return ids_[static_cast<size_t>(&item - items_.data())]; }
  void Load(Item& item);
  void RowLoaded(Item& item, const absl::StatusOr<ArticleRow>& row);
  void AskLedger(ViewRecorder::Waits waits);
  void LedgerAnswered(const absl::StatusOr<RecordedViews>& outcome);
  void NotRecorded(const absl::Status& status);
  bool Settle(Item& item);
  bool CountExactly(Item& item);
  void Reload(Item& item);
  void RowReloaded(Item& item, const absl::StatusOr<ArticleRow>& row);
  void Confirm(Item& item);
  void Confirmed(Item& item, const absl::StatusOr<RecordedViews>& outcome);
  void Finish();
  void NoteExactCounts();
  CountedArticle Answer(Item& item);
  ArticleLoader::Key KeyOf(const Item& item, const History& history) const {
    return {.id = IdOf(item), .history = history, .text = options_.text};
  }

  // Counts the parts of a step: true for the last one.
  bool LastOfStep() { return pending_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

  ArticleReader& reader_;
  const ArticleReader::Options options_;
  ArticleReader::Callback callback_;

  // Most calls are for one article, which these hold without allocating.
  const ArticleReader::Ids ids_;
  absl::InlinedVector<Item, 1> items_;   // in the order of the ids
  absl::InlinedVector<Item*, 1> asked_;  // those that reached the ledger, in order
  History history_;
  LedgerState state_;
  bool held_ = false;  // Redis is away, the views are in the spool
  std::atomic<size_t> pending_ = 0;
};

}  // namespace readcount
