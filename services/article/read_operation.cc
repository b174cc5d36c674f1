#include "services/article/read_operation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

// The first load may share one that began before the ledger answered; the second cannot. A third allows for a
// change of life in between.
constexpr int kMaxReloads = 3;

}  // namespace

ReadOperation::ReadOperation(ArticleReader& reader, ArticleReader::Ids ids, ArticleReader::Options options,
                             ArticleReader::Callback callback)
    : reader_(reader),
      options_(options),
      callback_(std::move(callback)),
      ids_(std::move(ids)),
      items_(ids_.size()) {}

bool ReadOperation::Start() {
  using State = ArticleCache::State;
  ArticleCache::Lookups found = reader_.cache_.FindAll(ids_, options_.text);
  absl::InlinedVector<Item*, 1> missing;
  for (size_t i = 0; i < ids_.size(); ++i) {
    Item& item = items_[i];
    const State state = found[i].state;
    item.known = found[i].known();
    item.expired = state == State::kExpired;
    item.row = std::move(found[i].row);
    if (ids_[i] == 0) {
      item.error = absl::InvalidArgumentError("id: must be 1 or greater");
    } else if (state == State::kAbsent) {
      item.error = absl::NotFoundError(absl::StrCat("there is no article ", ids_[i]));
    } else if (state == State::kUnknown || state == State::kExpired ||
               (state == State::kAgeing && options_.renew)) {
      missing.push_back(&item);
    } else if (state == State::kAgeing) {
      reader_.loader_.Renew(KeyOf(item, reader_.recorder_.history()));
    }
  }
  pending_ = missing.size() + 1;
  for (Item* item : missing) Load(*item);
  const bool none_left = LastOfStep();
  if (none_left) AskLedger(options_.waits);
  return none_left;
}

void ReadOperation::Load(Item& item) {
  reader_.loader_.Load(KeyOf(item, reader_.recorder_.history()),
                       item.known ? reader_.patience_.refresh : options_.first_patience,
                       [self = shared_from_this(), &item](const absl::StatusOr<ArticleRow>& row) {
                         self->RowLoaded(item, row);
                         // Not on the thread that others' rows come from.
                         if (self->LastOfStep()) self->AskLedger(ViewRecorder::Waits::kElsewhere);
                       });
}

void ReadOperation::RowLoaded(Item& item, const absl::StatusOr<ArticleRow>& row) {
  if (row.ok()) {
    item.row = *row;
    item.known = true;
    item.expired = false;
  } else if (item.known && (!absl::IsNotFound(row.status()) || item.recorded)) {
    // NOT_FOUND promises that nothing was recorded: who viewed an article that is gone since sees it once
    // more.
    item.content_stale = item.expired || absl::IsNotFound(row.status());
  } else {
    item.known = false;
    item.error = row.status();
  }
}

void ReadOperation::AskLedger(ViewRecorder::Waits waits) {
  ArticleReader::Ids ids;
  ids.reserve(items_.size());
  asked_.reserve(items_.size());
  for (Item& item : items_) {
    if (!item.known) continue;
    asked_.push_back(&item);
    ids.push_back(IdOf(item));
  }
  if (ids.empty()) return Finish();
  const absl::Status status = reader_.recorder_.Submit(
      std::move(ids), options_.record,
      [self = shared_from_this()](const absl::StatusOr<RecordedViews>& outcome) {
        self->LedgerAnswered(outcome);
      },
      waits);
  if (!status.ok()) NotRecorded(status);
}

void ReadOperation::NotRecorded(const absl::Status& status) {
  for (Item* item : asked_) {
    item->count.count = item->row.count;
    if (options_.record || absl::IsResourceExhausted(status)) item->error = status;
  }
  Finish();
}

void ReadOperation::LedgerAnswered(const absl::StatusOr<RecordedViews>& outcome) {
  if (!outcome.ok()) return NotRecorded(outcome.status());
  held_ = outcome->held;
  if (held_) {
    for (Item* item : asked_) {
      item->count.count = item->row.count;
      item->recorded = true;
    }
    return Finish();
  }
  history_ = outcome->history;
  state_ = outcome->state;
  absl::InlinedVector<Item*, 1> unsettled;
  for (size_t i = 0; i < asked_.size(); ++i) {
    asked_[i]->view = outcome->views[i];
    if (!Settle(*asked_[i])) unsettled.push_back(asked_[i]);
  }
  pending_ = unsettled.size() + 1;
  for (Item* item : unsettled) Reload(*item);
  if (LastOfStep()) Finish();
}

// False if the row must be read again.
bool ReadOperation::Settle(Item& item) {
  if (item.view.pending.refused) {
    item.error = absl::ResourceExhaustedError(
        absl::StrCat("article ", IdOf(item),
                     " has as many pending views as fit: nothing was counted, try after the next sync"));
    return true;
  }
  item.recorded = options_.record;
  if (ContradictsLedger(item.row, history_.name(), state_)) {
    reader_.recorder_.DoubtLedger();
    item.count.count = item.row.count;
    return true;
  }
  if (CountExactly(item)) return true;
  // Others may have read or folded the row meanwhile.
  ArticleCache::Lookup found = reader_.cache_.Find(IdOf(item), options_.text);
  if (!found.known() || ContradictsLedger(found.row, history_.name(), state_)) return false;
  item.row = std::move(found.row);
  return CountExactly(item);
}

bool ReadOperation::CountExactly(Item& item) {
  const std::optional<ExactCount> count =
      readcount::CountExactly(item.row, history_.name(), state_, item.view);
  item.exact = count.has_value();
  item.count =
      count.value_or(ExactCount{.count = CountAtLeast(item.row, history_.name(), state_, item.view)});
  return item.exact;
}

void ReadOperation::Reload(Item& item) {
  ++item.reloads;
  reader_.loader_.Load(KeyOf(item, history_), reader_.patience_.recount,
                       [self = shared_from_this(), &item](const absl::StatusOr<ArticleRow>& row) {
                         self->RowReloaded(item, row);
                       });
}

void ReadOperation::RowReloaded(Item& item, const absl::StatusOr<ArticleRow>& row) {
  RowLoaded(item, row);
  // What the ledger said belongs to a past that may not be the row's.
  const bool same_past = reader_.recorder_.history() == history_;
  if (row.ok() && same_past && ContradictsLedger(item.row, history_.name(), state_)) return Confirm(item);
  if (item.known && !CountExactly(item) && row.ok() && same_past && item.reloads < kMaxReloads)
    return Reload(item);
  item.exact = item.exact && same_past;
  if (LastOfStep()) Finish();
}

// The row has a batch that was not even sealed when the ledger answered. It was sealed and applied since, or
// Redis was put back: that the ledger tells when it is asked again.
void ReadOperation::Confirm(Item& item) {
  const absl::Status asked = reader_.recorder_.Submit(
      {IdOf(item)}, /*record=*/false,
      [self = shared_from_this(), &item](const absl::StatusOr<RecordedViews>& outcome) {
        self->Confirmed(item, outcome);
        if (self->LastOfStep()) self->Finish();
      });
  if (asked.ok()) return;
  Confirmed(item, asked);
  if (LastOfStep()) Finish();
}

void ReadOperation::Confirmed(Item& item, const absl::StatusOr<RecordedViews>& outcome) {
  item.exact = false;
  item.count = {.count = item.row.count};
  if (!outcome.ok() || outcome->held) return;
  const uint64_t history = outcome->history.name();
  if (ContradictsLedger(item.row, history, outcome->state)) return reader_.recorder_.DoubtLedger();
  const std::optional<ExactCount> count =
      readcount::CountExactly(item.row, history, outcome->state, outcome->views.front());
  item.exact = count.has_value();
  if (count.has_value()) item.count = {.count = count->count};
}

void ReadOperation::Finish() {
  NoteExactCounts();
  ArticleReader::Results results;
  results.reserve(items_.size());
  for (Item& item : items_) {
    if (!item.error.ok()) {
      results.emplace_back(std::move(item.error));
      continue;
    }
    results.emplace_back(Answer(item));
    if (options_.record && LogEnabled(LogLevel::kDebug))
      Log(LogLevel::kDebug, "view", {{"article", IdOf(item)}, {"read_count", results.back()->read_count}});
  }
  callback_(std::move(results));
}

void ReadOperation::NoteExactCounts() {
  absl::InlinedVector<ArticleCache::Answered, 1> answers;
  answers.reserve(asked_.size());
  for (const Item* item : asked_) {
    if (!item->exact || !item->error.ok()) continue;
    answers.push_back({.id = IdOf(*item),
                       .count = item->count.count,
                       .folds = item->count.folds,
                       .sealed_views = item->view.pending.sealed});
  }
  if (!answers.empty()) reader_.cache_.NoteAnswers(history_.name(), state_, answers);
}

CountedArticle ReadOperation::Answer(Item& item) {
  CountedArticle answer{
      .article = std::move(item.row.article),
      .read_count = item.count.count,
      .count_stale = !item.exact,
      .content_stale = item.content_stale,
      .text_fresh_for = item.content_stale ? absl::ZeroDuration() : item.row.text_fresh_for};
  // A view that is held is in every count from now on.
  if (!item.exact)
    answer.read_count = reader_.cache_.ShowAtLeast(IdOf(item), item.count.count, held_ ? 1 : 0);
  return answer;
}

}  // namespace readcount
