#pragma once

#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/article/life_registry.h"

namespace readcount {

// The writer's side of the positions in memory, with its rules. Thread-safe.
class FakeLifeRegistry final : public LifeRegistry {
 public:
  absl::StatusOr<WriterStanding> Read(uint64_t life, uint64_t writer) override {
    absl::MutexLock lock(&mutex_);
    if (away_) return absl::UnavailableError("MySQL is away");
    return Standing(life, writer);
  }

  absl::StatusOr<WriterStanding> Close(uint64_t life, uint64_t writer) override {
    absl::MutexLock lock(&mutex_);
    if (away_) return absl::UnavailableError("MySQL is away");
    lives_[life].closed = true;
    return Standing(life, writer);
  }

  // What the syncer writes.
  void SetPosition(uint64_t life, Position position) {
    absl::MutexLock lock(&mutex_);
    lives_[life].position = position;
  }
  void SetSeqs(uint64_t life, uint64_t writer, uint64_t seq, uint64_t batch_seq) {
    absl::MutexLock lock(&mutex_);
    seqs_[{life, writer}] = {seq, batch_seq};
  }
  void SetAway(bool away) {
    absl::MutexLock lock(&mutex_);
    away_ = away;
  }
  bool closed(uint64_t life) {
    absl::MutexLock lock(&mutex_);
    return lives_[life].closed;
  }

 private:
  struct Life {
    Position position;
    bool closed = false;
  };

  WriterStanding Standing(uint64_t life, uint64_t writer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto [seq, batch_seq] = seqs_[{life, writer}];
    return {
        .position = lives_[life].position, .closed = lives_[life].closed, .seq = seq, .batch_seq = batch_seq};
  }

  absl::Mutex mutex_;
  bool away_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<uint64_t, Life> lives_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<uint64_t, uint64_t>, std::pair<uint64_t, uint64_t>> seqs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace readcount
