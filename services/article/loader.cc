#include "services/article/loader.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
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
    : settings_(settings),
      repository_(repository),
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

void ArticleLoader::Load(const Key& key, absl::Duration patience, Callback callback) {
  const auto waiter = std::make_shared<Callback>(std::move(callback));
  bool first = false;
  bool stalled = false;
  {
    absl::MutexLock lock(&mutex_);
    stalled = StalledLocked(patience);
    if (waiting_.empty()) last_progress_ = clock_.Elapsed();
    const auto [waiting, added] = waiting_.try_emplace(key);
    first = added;
    if (first || !stalled) waiting->second.push_back(waiter);
  }
  if (stalled) {
    GiveUp(waiter, key.id);
  } else if (patience != absl::InfiniteDuration()) {
    timer_.After(patience, [this, waiter, id = key.id] { GiveUp(waiter, id); });
  }
  if (!first) return;
  if (absl::Status status = batcher_.Add(Key(key)); !status.ok()) Finish(key, status);
}

void ArticleLoader::Renew(const Key& key) {
  {
    absl::MutexLock lock(&mutex_);
    if (!renewals_.insert(key).second || renewals_.size() > 1) return;
  }
  timer_.After(settings_.renewal, [this] { BeginRenewals(); });
}

void ArticleLoader::BeginRenewals() {
  std::vector<Key> keys;
  {
    absl::MutexLock lock(&mutex_);
    if (waiting_.empty()) last_progress_ = clock_.Elapsed();
    for (const Key& key : renewals_) {
      if (waiting_.try_emplace(key).second) keys.push_back(key);
    }
    renewals_.clear();
  }
  if (keys.empty()) return;
  if (absl::Status status = batcher_.AddAll(std::move(keys)); !status.ok()) {
    // NOLINTNEXTLINE(bugprone-use-after-move): what is refused is left as it was.
    for (const Key& key : keys) Finish(key, status);
  }
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
  absl::flat_hash_map<std::pair<History, bool>, std::vector<uint64_t>> alike;
  for (const Key& key : batch) alike[{key.history, key.text}].push_back(key.id);
  for (const auto& [kind, ids] : alike) LoadAlike(kind.first, kind.second, ids);
}

void ArticleLoader::LoadAlike(const History& history, bool text, const std::vector<uint64_t>& ids) {
  absl::StatusOr<std::vector<ArticleRow>> rows = repository_.Load(history.life, ids, text);
  if (!rows.ok()) {
    for (uint64_t id : ids) Finish({id, history, text}, rows.status());
    return;
  }
  absl::flat_hash_set<uint64_t> missing(ids.begin(), ids.end());
  for (ArticleRow& row : *rows) {
    missing.erase(row.id);
    row.history = history.name();
    Finish({row.id, history, text}, cache_.Put(row));
  }
  for (uint64_t id : missing) {
    cache_.PutAbsent(id);
    Finish({id, history, text}, absl::NotFoundError(absl::StrCat("there is no article ", id)));
  }
}

void ArticleLoader::Finish(const Key& key, const absl::StatusOr<ArticleRow>& outcome) {
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
