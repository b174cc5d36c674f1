#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/article/repository.h"
#include "services/common/ledger/state.h"

namespace readcount {

// The articles' table in memory, with the position of one life. Thread-safe.
class FakeRepository final : public ArticleRepository {
 public:
  absl::StatusOr<std::vector<ArticleRow>> Load(uint64_t life, absl::Span<const uint64_t> ids,
                                               bool text) override {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&open_));
    ++loads_;
    loaded_ids_ += ids.size();
    if (!failure_.ok()) return failure_;
    std::vector<ArticleRow> rows;
    for (uint64_t id : ids) {
      const auto found = counts_.find(id);
      if (found == counts_.end()) continue;
      auto article = std::make_shared<Article>();
      article->id = id;
      article->title = titles_[id];
      const Position position = life == life_ ? position_ : Position();
      rows.push_back({.id = id,
                      .article = text ? std::move(article) : nullptr,
                      .count = found->second,
                      .applied_epoch = position.applied_epoch(id)});
    }
    return rows;
  }

  absl::StatusOr<std::vector<PageKey>> ListKeys(const PageQuery& query) override {
    absl::MutexLock lock(&mutex_);
    if (!failure_.ok()) return failure_;
    std::vector<PageKey> keys;
    for (auto it = counts_.rbegin(); it != counts_.rend() && keys.size() < static_cast<size_t>(query.limit);
         ++it) {
      if (!query.after.has_value() || it->first < query.after->id) {
        keys.push_back({.created_at = "2024-01-01 00:00:00", .id = it->first});
      }
    }
    return keys;
  }

  absl::Status Ping() override {
    absl::MutexLock lock(&mutex_);
    return failure_;
  }

  void Set(uint64_t id, uint64_t count, std::string title = "a title") {
    absl::MutexLock lock(&mutex_);
    counts_[id] = count;
    titles_[id] = std::move(title);
  }
  void Remove(uint64_t id) {
    absl::MutexLock lock(&mutex_);
    counts_.erase(id);
  }
  void SetPosition(uint64_t life, Position position) {
    absl::MutexLock lock(&mutex_);
    life_ = life;
    position_ = position;
  }
  void Fail(absl::Status failure) {
    absl::MutexLock lock(&mutex_);
    failure_ = std::move(failure);
  }
  void Close() {
    absl::MutexLock lock(&mutex_);
    open_ = false;
  }
  void Open() {
    absl::MutexLock lock(&mutex_);
    open_ = true;
  }
  void AwaitLoads(int loads) {
    const auto enough = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return loads_ >= loads; };
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&enough));
  }
  int loads() const {
    absl::MutexLock lock(&mutex_);
    return loads_;
  }
  size_t loaded_ids() const {
    absl::MutexLock lock(&mutex_);
    return loaded_ids_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::map<uint64_t, uint64_t> counts_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, std::string> titles_ ABSL_GUARDED_BY(mutex_);
  uint64_t life_ ABSL_GUARDED_BY(mutex_) = 7;
  Position position_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  int loads_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t loaded_ids_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace readcount
