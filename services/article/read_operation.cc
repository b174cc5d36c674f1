#include "services/article/read_operation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

// The first load may share one that began before the ledger answered; the second cannot. A third allows for a
// change of life in between.
constexpr int kMaxReloads = 3;

// Raises `shown` to `count` if it is lower; returns the greater.
uint64_t Raise(std::atomic<uint64_t>& shown, uint64_t count) {
  uint64_t before = shown.load(std::memory_order_relaxed);
  while (before < count && !shown.compare_exchange_weak(before, count, std::memory_order_relaxed)) {
  }
  return std::max(before, count);
}

}  // namespace

ReadOperation::ReadOperation(ArticleReader& reader, std::vector<uint64_t> ids, ArticleReader::Options options,
                             ArticleReader::Callback callback)
    : reader_(reader), options_(options), callback_(std::move(callback)), items_(ids.size()) {
  for (size_t i = 0; i < ids.size(); ++i) items_[i].id = ids[i];
}

void ReadOperation::Start() {
  pending_ = items_.size() + 1;
  for (Item& item : items_) FindRow(item);
  if (LastOfStep()) AskLedger();
}

void ReadOperation::FindRow(Item& item) {
  if (item.id == 0) {
    item.error = absl::InvalidArgumentError("id: must be 1 or greater");
    LastOfStep();
    return;
  }
  ArticleCache::Lookup found = reader_.cache_.Find(item.id);
  if (found.absent) item.error = absl::NotFoundError(absl::StrCat("there is no article ", item.id));
  const bool expired = found.row.has_value() && found.row->expired;
  item.row = std::move(found.row);
  if (found.absent || (item.row.has_value() && !expired)) {
    LastOfStep();
    return;
  }
  reader_.loader_.Load(item.id, reader_.recorder_.life(),
                       expired ? reader_.patience_.refresh : options_.first_patience,
                       [self = shared_from_this(), &item](const absl::StatusOr<CachedRow>& row) {
                         self->RowLoaded(item, row);
                         if (self->LastOfStep()) self->AskLedger();
                       });
}

void ReadOperation::RowLoaded(Item& item, const absl::StatusOr<CachedRow>& row) {
  if (row.ok()) {
    item.row = *row;
  } else if (item.row.has_value() && (!absl::IsNotFound(row.status()) || Recorded(item))) {
    // NOT_FOUND promises that nothing was recorded: who viewed an article that is gone since sees it once
    // more.
    item.content_stale = item.row->expired || absl::IsNotFound(row.status());
  } else {
    item.row.reset();
    item.error = row.status();
  }
}

void ReadOperation::AskLedger() {
  std::vector<uint64_t> ids;
  for (Item& item : items_) {
    if (!item.row.has_value()) continue;
    asked_.push_back(&item);
    ids.push_back(item.id);
  }
  if (ids.empty()) return Finish();
  const absl::Status status =
      reader_.recorder_.Submit(std::move(ids), options_.record,
                               [self = shared_from_this()](const absl::StatusOr<RecordedViews>& outcome) {
                                 self->LedgerAnswered(outcome);
                               });
  if (!status.ok()) LedgerAnswered(status);
}

void ReadOperation::LedgerAnswered(const absl::StatusOr<RecordedViews>& outcome) {
  if (!outcome.ok()) {
    for (Item* item : asked_) {
      if (options_.record || absl::IsResourceExhausted(outcome.status())) {
        item->error = outcome.status();
      } else {
        AnswerStale(*item, item->row->row.count);
      }
    }
    return Finish();
  }
  if (outcome->held) {
    for (Item* item : asked_) AnswerHeld(*item);
    return Finish();
  }
  state_ = outcome->state;
  for (size_t i = 0; i < asked_.size(); ++i) asked_[i]->view = outcome->views[i];
  pending_ = asked_.size() + 1;
  for (Item* item : asked_) Settle(*item);
  if (LastOfStep()) Finish();
}

// Ends with one part of the step less, now or when the row has been read again.
void ReadOperation::Settle(Item& item) {
  if (item.view->pending.refused) {
    item.error = absl::ResourceExhaustedError(
        absl::StrCat("article ", item.id,
                     " has as many pending views as fit: nothing was counted, try after the next sync"));
    LastOfStep();
    return;
  }
  std::optional<ExactCount> count = CountExactly(item.row->row, state_, *item.view);
  if (!count.has_value()) {
    // Others may have read or folded the row meanwhile.
    if (ArticleCache::Lookup found = reader_.cache_.Find(item.id); found.row.has_value()) {
      item.row = std::move(found.row);
      count = CountExactly(item.row->row, state_, *item.view);
    }
  }
  if (!count.has_value()) return Reload(item);
  AnswerExactly(item, *count);
  LastOfStep();
}

void ReadOperation::Reload(Item& item) {
  ++item.reloads;
  reader_.loader_.Load(item.id, state_.life, reader_.patience_.recount,
                       [self = shared_from_this(), &item](const absl::StatusOr<CachedRow>& row) {
                         self->RowLoaded(item, row);
                         if (item.row.has_value()) {
                           const std::optional<ExactCount> count =
                               CountExactly(item.row->row, self->state_, *item.view);
                           if (!count.has_value() && row.ok() && item.reloads < kMaxReloads)
                             return self->Reload(item);
                           if (count.has_value()) {
                             self->AnswerExactly(item, *count);
                           } else {
                             self->AnswerStale(item, AddViews(item.row->row.count, item.view->pending.live));
                           }
                         }
                         if (self->LastOfStep()) self->Finish();
                       });
}

void ReadOperation::AnswerExactly(Item& item, const ExactCount& count) {
  if (count.folds) reader_.cache_.Fold(item.id, state_.life, state_.sealed_epoch, item.view->pending.sealed);
  Raise(*item.row->shown, count.count);
  item.answer = {
      .article = item.row->row.article, .read_count = count.count, .content_stale = item.content_stale};
}

// The view is in the spool: it is in every count from now on.
void ReadOperation::AnswerHeld(Item& item) {
  AnswerStale(item, item.row->row.count);
  item.answer.read_count = item.row->shown->fetch_add(1, std::memory_order_relaxed) + 1;
}

void ReadOperation::AnswerStale(Item& item, uint64_t at_least) {
  item.answer = {.article = item.row->row.article,
                 .read_count = Raise(*item.row->shown, at_least),
                 .count_stale = true,
                 .content_stale = item.content_stale};
}

void ReadOperation::Finish() {
  ArticleReader::Results results;
  results.reserve(items_.size());
  for (Item& item : items_) {
    if (!item.error.ok()) {
      results.emplace_back(item.error);
      continue;
    }
    if (options_.record && LogEnabled(LogLevel::kDebug)) {
      Log(LogLevel::kDebug, "view", {{"article", item.id}, {"read_count", item.answer.read_count}});
    }
    results.emplace_back(std::move(item.answer));
  }
  callback_(std::move(results));
}

}  // namespace readcount
