#include "services/common/feed/count_feed.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace readcount {

absl::StatusOr<uint64_t> CountFeed::Watch(uint64_t id, const FedCount& known, Watcher watcher) {
  absl::MutexLock lock(&mutex_);
  if (by_article_.size() >= max_articles_ && !by_article_.contains(id)) {
    return absl::ResourceExhaustedError(
        absl::StrCat(max_articles_, " articles are watched, which is the limit: try later"));
  }
  const uint64_t handle = next_handle_++;
  by_article_[id].push_back(handle);
  watches_.emplace(handle,
                   Watching{.article = id, .joined = round_, .watcher = std::move(watcher), .told = known});
  return handle;
}

void CountFeed::Unwatch(uint64_t handle) {
  absl::MutexLock lock(&mutex_);
  const auto found = watches_.find(handle);
  if (found == watches_.end()) return;
  const auto article = by_article_.find(found->second.article);
  std::erase(article->second, handle);
  if (article->second.empty()) by_article_.erase(article);
  watches_.erase(found);
}

void CountFeed::Poll() {
  {
    absl::MutexLock lock(&mutex_);
    if (reading_ || by_article_.empty()) return;
    reading_ = true;
    ++round_;
    left_.clear();
    for (const auto& [id, handles] : by_article_) left_.push_back(id);
  }
  ReadNext();
}

void CountFeed::ReadNext() {
  std::vector<uint64_t> ids;
  {
    absl::MutexLock lock(&mutex_);
    const size_t from = left_.size() - std::min(left_.size(), kMostAtOnce);
    ids.assign(left_.begin() + static_cast<std::ptrdiff_t>(from), left_.end());
    left_.resize(from);
    if (ids.empty()) reading_ = false;
  }
  if (ids.empty()) return;
  read_(ids, [weak = weak_from_this(), ids](const Reading& reading) {
    const std::shared_ptr<CountFeed> self = weak.lock();
    if (self == nullptr) return;
    self->Took(ids, reading);
    self->ReadNext();
  });
}

void CountFeed::Took(const std::vector<uint64_t>& ids, const Reading& reading) {
  const absl::Status too_short = absl::InternalError("the answer has fewer counts than were asked for");
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto article = by_article_.find(ids[i]);
    if (article == by_article_.end()) continue;
    for (const uint64_t handle : article->second) {
      Watching& watch = watches_.at(handle);
      if (watch.joined == round_) continue;
      Tell(watch, reading.size() == ids.size() ? reading[i] : too_short);
    }
  }
}

void CountFeed::Tell(Watching& watch, const absl::StatusOr<FedCount>& count) {
  const absl::StatusCode before = std::exchange(watch.code, count.status().code());
  if (!count.ok()) {
    if (before != watch.code) watch.watcher(count);
    return;
  }
  FedCount now = *count;
  // One that may lack views says nothing against what was told before.
  if (now.stale) now.read_count = std::max(now.read_count, watch.told.read_count);
  if (now == watch.told && before == absl::StatusCode::kOk) return;
  watch.told = now;
  watch.watcher(now);
}

size_t CountFeed::articles() const {
  absl::MutexLock lock(&mutex_);
  return by_article_.size();
}

}  // namespace readcount
