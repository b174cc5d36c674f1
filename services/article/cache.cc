#include "services/article/cache.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/numeric/int128.h"

namespace readcount {
namespace {

// Of the list, the index and the article beside its texts.
constexpr size_t kEntryOverhead = 384;
constexpr double kJitter = 0.2;

size_t BytesOf(const Article& article) {
  return kEntryOverhead + article.title.capacity() + article.content.capacity() + article.author.capacity();
}

}  // namespace

uint64_t AddViews(uint64_t count, int64_t views) {
  constexpr absl::int128 kMost = std::numeric_limits<uint64_t>::max();
  return static_cast<uint64_t>(std::clamp(absl::int128(count) + views, absl::int128(0), kMost));
}

ArticleCache::Lookup ArticleCache::Find(uint64_t id) {
  const absl::Duration now = clock_.Elapsed();
  absl::MutexLock lock(&mutex_);
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    const auto entry = found->second;
    entries_.splice(entries_.begin(), entries_, entry);
    return {.row = CachedRow{.row = entry->row, .expired = now >= entry->expires, .shown = entry->shown}};
  }
  const auto absence = absent_.find(id);
  if (absence == absent_.end()) return {};
  if (now < absence->second->expires) return {.absent = true};
  ForgetAbsenceLocked(id);
  return {};
}

CachedRow ArticleCache::Put(const ArticleRow& row) {
  const absl::Duration now = clock_.Elapsed();
  const uint64_t id = row.article->id;
  absl::MutexLock lock(&mutex_);
  ForgetAbsenceLocked(id);
  const auto [place, added] = by_id_.try_emplace(id);
  if (added) {
    entries_.push_front({.row = row, .shown = std::make_shared<std::atomic<uint64_t>>(row.count)});
    place->second = entries_.begin();
  }
  Entry& entry = *place->second;
  bytes_ -= entry.bytes;
  // A row that was folded since this one was read is newer in its count; the text just read is newer in any
  // case.
  const bool older = entry.row.life == row.life && entry.row.applied_epoch > row.applied_epoch;
  if (older) {
    entry.row.article = row.article;
  } else {
    entry.row = row;
  }
  entry.expires = now + settings_.ttl * absl::Uniform(random_, 1 - kJitter, 1.0);
  entry.bytes = BytesOf(*row.article);
  bytes_ += entry.bytes;
  CachedRow cached{.row = entry.row, .shown = entry.shown};
  EvictLocked();
  return cached;
}

void ArticleCache::PutAbsent(uint64_t id) {
  const absl::Duration expires = clock_.Elapsed() + settings_.absent_ttl;
  absl::MutexLock lock(&mutex_);
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    bytes_ -= found->second->bytes;
    entries_.erase(found->second);
    by_id_.erase(found);
  }
  ForgetAbsenceLocked(id);
  absences_.push_front({.id = id, .expires = expires});
  absent_[id] = absences_.begin();
  if (absences_.size() > settings_.absent_capacity) ForgetAbsenceLocked(absences_.back().id);
}

void ArticleCache::Fold(uint64_t id, uint64_t life, uint64_t sealed_epoch, int64_t sealed_views) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  ArticleRow& row = found->second->row;
  if (row.life != life || row.applied_epoch + 1 != sealed_epoch) return;
  // What does not fit will be among the dead letters: then only MySQL knows the count.
  const absl::int128 folded = absl::int128(row.count) + sealed_views;
  if (folded < 0 || folded > absl::int128(std::numeric_limits<uint64_t>::max())) return;
  row.count = static_cast<uint64_t>(folded);
  row.applied_epoch = sealed_epoch;
}

void ArticleCache::EvictLocked() {
  while (bytes_ > settings_.bytes && entries_.size() > 1) {
    bytes_ -= entries_.back().bytes;
    by_id_.erase(entries_.back().row.article->id);
    entries_.pop_back();
  }
}

void ArticleCache::ForgetAbsenceLocked(uint64_t id) {
  const auto found = absent_.find(id);
  if (found == absent_.end()) return;
  absences_.erase(found->second);
  absent_.erase(found);
}

}  // namespace readcount
