#include "services/article/cache.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/numeric/int128.h"

namespace readcount {
namespace {

// Of the list, the index and the article beside its texts.
constexpr size_t kTextOverhead = 384;
constexpr double kJitter = 0.2;
// Look-ups that wait for memory at once.
constexpr size_t kAhead = 8;

// The last part of a row's age, in which it is read again without anybody having to wait.
constexpr int kAgeingPart = 4;

size_t BytesOf(const Article& article) {
  return kTextOverhead + article.title.capacity() + article.content.capacity() + article.author.capacity();
}

// Steps a row forward by the sealed batch after the one it has.
void Fold(CountRow& row, uint64_t history, const LedgerState& state, int64_t sealed_views) {
  if (row.history != history || row.applied_epoch + 1 != state.sealed_epoch) return;
  // What does not fit will be among the dead letters: then only MySQL knows the count.
  const absl::int128 folded = absl::int128(row.count) + sealed_views;
  if (folded < 0 || folded > absl::int128(std::numeric_limits<uint64_t>::max())) return;
  row.count = static_cast<uint64_t>(folded);
  row.applied_epoch = state.sealed_epoch;
}

}  // namespace

uint64_t AddViews(uint64_t count, int64_t views) {
  constexpr absl::int128 kMost = std::numeric_limits<uint64_t>::max();
  return static_cast<uint64_t>(std::clamp(absl::int128(count) + views, absl::int128(0), kMost));
}

ArticleCache::Lookup ArticleCache::Find(uint64_t id, bool text) {
  const absl::Duration now = clock_.Elapsed();
  absl::MutexLock lock(&mutex_);
  Lookup found = FindLocked(id, text, now);
  CountLookupLocked(found.state);
  return found;
}

ArticleCache::Lookups ArticleCache::FindAll(absl::Span<const uint64_t> ids, bool text) {
  const absl::Duration now = clock_.Elapsed();
  Lookups all(ids.size());
  const absl::Span<Lookup> found = absl::MakeSpan(all);
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i + kAhead < ids.size()) counts_.Prefetch(ids[i + kAhead]);
    found[i] = FindLocked(ids[i], text, now);
    CountLookupLocked(found[i].state);
  }
  return all;
}

void ArticleCache::CountLookupLocked(State state) {
  switch (state) {
    case State::kUnknown:
      ++stats_.misses;
      break;
    case State::kAbsent:
      ++stats_.absent;
      break;
    case State::kExpired:
      ++stats_.expired;
      break;
    case State::kAgeing:
    case State::kFresh:
      ++stats_.hits;
      break;
  }
}

ArticleCache::Lookup ArticleCache::FindLocked(uint64_t id, bool text, absl::Duration now) {
  const CountRow* const row = id == 0 ? nullptr : counts_.Find(id);
  if (row == nullptr) return {.state = IsAbsentLocked(id, now) ? State::kAbsent : State::kUnknown};
  Lookup lookup{
      .row = {.id = id, .count = row->count, .history = row->history, .applied_epoch = row->applied_epoch}};
  if (!text) {
    lookup.state = AgeOf(now, absl::Nanoseconds(row->expires), settings_.count_ttl);
    return lookup;
  }
  const auto found = text_by_id_.find(id);
  if (found == text_by_id_.end()) return {};
  const Text& known = *found->second;
  texts_.splice(texts_.begin(), texts_, found->second);
  lookup.row.article = known.article;
  lookup.row.text_fresh_for = std::max(known.expires - now, absl::ZeroDuration());
  lookup.state = AgeOf(now, known.expires, settings_.ttl);
  return lookup;
}

ArticleCache::State ArticleCache::AgeOf(absl::Duration now, absl::Duration expires, absl::Duration ttl) {
  if (now >= expires) return State::kExpired;
  return now >= expires - ttl / kAgeingPart ? State::kAgeing : State::kFresh;
}

bool ArticleCache::IsAbsentLocked(uint64_t id, absl::Duration now) {
  const auto absence = absent_.find(id);
  if (absence == absent_.end()) return false;
  if (now < absence->second->expires) return true;
  ForgetAbsenceLocked(id);
  return false;
}

absl::Duration ArticleCache::ShortenedLocked(absl::Duration ttl) {
  return ttl * absl::Uniform(random_, 1 - kJitter, 1.0);
}

ArticleRow ArticleCache::Put(const ArticleRow& row) {
  const absl::Duration now = clock_.Elapsed();
  absl::MutexLock lock(&mutex_);
  ++stats_.loaded;
  ForgetAbsenceLocked(row.id);
  CountRow& known = counts_.Insert(row.id);
  // A row that was folded since this one was read is newer in its count; the text just read is newer in any
  // case. Of rows of one epoch the greater is newer: between batches a count grows only, by dead letters that
  // are retried, and the row that was read first may come last.
  if (known.history == row.history && known.applied_epoch == row.applied_epoch) {
    known.count = std::max(known.count, row.count);
  } else if (known.history != row.history || known.applied_epoch < row.applied_epoch) {
    known.count = row.count;
    known.history = row.history;
    known.applied_epoch = row.applied_epoch;
  }
  known.shown = std::max(known.shown, row.count);
  known.expires = absl::ToInt64Nanoseconds(now + ShortenedLocked(settings_.count_ttl));
  const absl::Duration text_ttl = ShortenedLocked(settings_.ttl);
  if (row.article != nullptr) PutTextLocked(row.article, now + text_ttl);
  return {.id = row.id,
          .article = row.article,
          .count = known.count,
          .history = known.history,
          .applied_epoch = known.applied_epoch,
          .text_fresh_for = row.article != nullptr ? text_ttl : absl::ZeroDuration()};
}

void ArticleCache::PutTextLocked(const std::shared_ptr<const Article>& article, absl::Duration expires) {
  const auto [place, added] = text_by_id_.try_emplace(article->id);
  if (added) {
    texts_.emplace_front();
    place->second = texts_.begin();
  }
  Text& text = *place->second;
  bytes_ -= text.bytes;
  text = {.article = article, .expires = expires, .bytes = BytesOf(*article)};
  bytes_ += text.bytes;
  while (bytes_ > settings_.bytes && texts_.size() > 1) {
    ++stats_.evicted;
    ForgetTextLocked(texts_.back().article->id);
  }
}

void ArticleCache::PutAbsent(uint64_t id) {
  const absl::Duration expires = clock_.Elapsed() + settings_.absent_ttl;
  absl::MutexLock lock(&mutex_);
  ++stats_.loaded_absent;
  counts_.Erase(id);
  ForgetTextLocked(id);
  ForgetAbsenceLocked(id);
  absences_.push_front({.id = id, .expires = expires});
  absent_[id] = absences_.begin();
  if (absences_.size() > settings_.absent_capacity) ForgetAbsenceLocked(absences_.back().id);
}

void ArticleCache::NoteAnswers(uint64_t history, const LedgerState& state,
                               absl::Span<const Answered> answers) {
  absl::MutexLock lock(&mutex_);
  for (const Answered& answer : answers) {
    CountRow* const row = counts_.Find(answer.id);
    if (row == nullptr) continue;
    if (answer.folds) Fold(*row, history, state, answer.sealed_views);
    row->shown = std::max(row->shown, answer.count);
  }
}

uint64_t ArticleCache::ShowAtLeast(uint64_t id, uint64_t at_least, uint64_t views) {
  absl::MutexLock lock(&mutex_);
  CountRow* const row = counts_.Find(id);
  if (row == nullptr) return at_least + views;
  row->shown = std::max(row->shown, at_least) + views;
  return row->shown;
}

ArticleCache::Stats ArticleCache::stats() const {
  absl::MutexLock lock(&mutex_);
  Stats stats = stats_;
  stats.articles = texts_.size();
  stats.absent_ids = absences_.size();
  stats.bytes = bytes_;
  stats.max_bytes = settings_.bytes;
  return stats;
}

void ArticleCache::ForgetTextLocked(uint64_t id) {
  const auto found = text_by_id_.find(id);
  if (found == text_by_id_.end()) return;
  bytes_ -= found->second->bytes;
  texts_.erase(found->second);
  text_by_id_.erase(found);
}

void ArticleCache::ForgetAbsenceLocked(uint64_t id) {
  const auto found = absent_.find(id);
  if (found == absent_.end()) return;
  absences_.erase(found->second);
  absent_.erase(found);
}

}  // namespace readcount
