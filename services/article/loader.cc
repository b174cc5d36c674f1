#include "services/article/loader.h"

#include <map>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace readcount {

ArticleLoader::ArticleLoader(Settings settings, ArticleRepository& repository, ArticleCache& cache)
    : repository_(repository),
      cache_(cache),
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

void ArticleLoader::Load(uint64_t id, uint64_t life, Callback callback) {
  const Key key(life, id);
  {
    absl::MutexLock lock(&mutex_);
    std::vector<Callback>& waiting = waiting_[key];
    waiting.push_back(std::move(callback));
    if (waiting.size() > 1) return;
  }
  if (absl::Status status = batcher_.Add(Key(key)); !status.ok()) Finish(key, status);
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
    const auto found = waiting_.find(key);
    callbacks = std::move(found->second);
    waiting_.erase(found);
  }
  for (const Callback& callback : callbacks) callback(outcome);
}

}  // namespace readcount
