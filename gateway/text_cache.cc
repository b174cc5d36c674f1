#include "gateway/text_cache.h"

#include <utility>

namespace readcount::gateway {
namespace {

// Of the list, the index and the pointers to a text beside its JSON.
constexpr size_t kOverhead = 256;

// The last part of a text's time, in which it is asked for anew.
constexpr int kRenewalPart = 4;

// Texts of which one call learns whether they are due, so that it never holds the lock for long.
constexpr size_t kMostLookedAt = 4096;

size_t BytesOf(const ArticleText& text) {
  return kOverhead + text.json.capacity();
}

}  // namespace

std::shared_ptr<const ArticleText> TextCache::Find(uint64_t id) {
  const absl::Duration now = clock_.Elapsed();
  absl::MutexLock lock(&mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) {
    ++stats_.misses;
    return nullptr;
  }
  Entry& entry = *found->second;
  if (now >= entry.expires) {
    ++stats_.expired;
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  entry.found = true;
  ++stats_.hits;
  return entry.text;
}

void TextCache::Keep(const v1::Article& article) {
  if (article.content_stale() || article.text_fresh_ms() == 0) return;
  Put(article.id(), std::make_shared<const ArticleText>(MakeArticleText(article)),
      absl::Milliseconds(article.text_fresh_ms()));
}

void TextCache::Put(uint64_t id, std::shared_ptr<const ArticleText> text, absl::Duration fresh_for) {
  const size_t bytes = BytesOf(*text);
  if (bytes > max_bytes_ || fresh_for <= absl::ZeroDuration()) return;
  const absl::Duration expires = clock_.Elapsed() + fresh_for;
  const absl::Duration renew = expires - fresh_for / kRenewalPart;
  absl::MutexLock lock(&mutex_);
  ForgetLocked(id);
  entries_.push_front({.id = id, .text = std::move(text), .expires = expires, .renew = renew});
  by_id_[id] = entries_.begin();
  due_[absl::ToInt64Seconds(renew)].push_back(id);
  bytes_ += bytes;
  while (bytes_ > max_bytes_) {
    ++stats_.evicted;
    ForgetLocked(entries_.back().id);
  }
}

std::vector<uint64_t> TextCache::TakeDue(size_t most) {
  const absl::Duration now = clock_.Elapsed();
  std::vector<uint64_t> taken;
  size_t looked_at = 0;
  absl::MutexLock lock(&mutex_);
  while (taken.size() < most && looked_at < kMostLookedAt && !due_.empty() &&
         absl::Seconds(due_.begin()->first + 1) <= now) {
    std::vector<uint64_t>& ids = due_.begin()->second;
    for (; taken.size() < most && looked_at < kMostLookedAt && !ids.empty(); ids.pop_back(), ++looked_at) {
      if (TakeLocked(ids.back(), now)) taken.push_back(ids.back());
    }
    if (ids.empty()) due_.erase(due_.begin());
  }
  stats_.renewals += taken.size();
  return taken;
}

bool TextCache::TakeLocked(uint64_t id, absl::Duration now) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || !found->second->found || found->second->renew > now) return false;
  found->second->renew = absl::InfiniteDuration();
  return true;
}

void TextCache::Forget(uint64_t id) {
  absl::MutexLock lock(&mutex_);
  ForgetLocked(id);
}

void TextCache::ForgetLocked(uint64_t id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  bytes_ -= BytesOf(*found->second->text);
  entries_.erase(found->second);
  by_id_.erase(found);
}

TextCache::Stats TextCache::stats() const {
  absl::MutexLock lock(&mutex_);
  Stats stats = stats_;
  stats.articles = entries_.size();
  stats.bytes = bytes_;
  stats.max_bytes = max_bytes_;
  return stats;
}

}  // namespace readcount::gateway
