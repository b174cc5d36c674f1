#include "services/article/loader.h"

#include <map>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace readcount {

namespace {

absl::Status NotReadInTime(uint64_t id) {
  return absl::DeadlineExceededError(
      absl::StrCat("article ", id, " was not read from MySQL in time: nothing was counted, try again"));
}

}  // namespace

ArticleLoader::ArticleLoader(Settings settings, ArticleRepository& repository, ArticleCache& cache,
                             const Clock& clock)
    : repository_(repository),
      cache_(cache),
      clock_(clock),
      timer_(clock),
      threads_(settings.threads),
      batcher_({.max_batch = settings.max_batch,
                .max_queued = settings.max_queued,
                .max_in_flight = settings.threads},
               [this](std::vector<Key> batch, Batcher<Key>::Done done) {
                 threads_.Post([this, batch = std::move(batch), done = std::move(done)] {
                   LoadBatch(batch);
                   done();
                 });
               }) {}

void ArticleLoader::Load(uint64_t id, uint64_t life, absl::Duration patience, Callback callback) {
  const Key key(life, id);
  const auto waiter = std::make_shared<Callback>(std::move(callback));
  bool first = false;
  bool stalled = false;
  {
    absl::MutexLock lock(&mutex_);
    stalled = StalledLocked(patience);
    if (waiting_.empty()) last_progress_ = clock_.Elapsed();
    std::vector<Waiter>& waiting = waiting_[key];
    first = waiting.empty();
    if (first || !stalled) waiting.push_back(waiter);
  }
  if (stalled) {
    GiveUp(waiter, id);
  } else if (patience != absl::InfiniteDuration()) {
    timer_.After(patience, [this, waiter, id] { GiveUp(waiter, id); });
  }
  if (!first) return;
  if (absl::Status status = batcher_.Add(Key(key)); !status.ok()) Finish(key, status);
}

bool ArticleLoader::StalledLocked(absl::Duration patience) const {
  return !waiting_.empty() && clock_.Elapsed() - last_progress_ > patience;
}

void ArticleLoader::GiveUp(const Waiter& waiter, uint64_t id) {
  Callback callback;
  {
    absl::MutexLock lock(&mutex_);
    callback = std::exchange(*waiter, nullptr);
  }
  if (callback != nullptr) callback(NotReadInTime(id));
}

void ArticleLoader::LoadBatch(const std::vector<Key>& batch) {
  std::map<uint64_t, std::vector<uint64_t>> by_life;
  for (const auto& [life, id] : batch) by_life[life].push_back(id);
  for (const auto& [life, ids] : by_life) LoadOfLife(life, ids);
}

void ArticleLoader::LoadOfLife(uint64_t life, const std::vector<uint64_t>& ids) {
  const absl::StatusOr<std::vector<ArticleRow>> rows = repository_.Load(life, ids);
  if (!rows.ok()) {
    for (uint64_t id : ids) Finish({life, id}, rows.status());
    return;
  }
  absl::flat_hash_set<uint64_t> missing(ids.begin(), ids.end());
  for (const ArticleRow& row : *rows) {
    missing.erase(row.article->id);
    Finish({life, row.article->id}, cache_.Put(row));
  }
  for (uint64_t id : missing) {
    cache_.PutAbsent(id);
    Finish({life, id}, absl::NotFoundError(absl::StrCat("there is no article ", id)));
  }
}

void ArticleLoader::Finish(const Key& key, const absl::StatusOr<CachedRow>& outcome) {
  std::vector<Callback> callbacks;
  {
    absl::MutexLock lock(&mutex_);
    last_progress_ = clock_.Elapsed();
    const auto found = waiting_.find(key);
    for (const Waiter& waiter : found->second) {
      if (Callback callback = std::exchange(*waiter, nullptr)) callbacks.push_back(std::move(callback));
    }
    waiting_.erase(found);
  }
  for (const Callback& callback : callbacks) callback(outcome);
}

}  // namespace readcount
