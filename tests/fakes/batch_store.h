#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/syncer/store.h"
#include "tests/fakes/batch_ledger.h"

namespace readcount {

// The syncer's side of MySQL in memory, with its rules.
class FakeBatchStore final : public BatchStore {
 public:
  explicit FakeBatchStore(FaultPlan& plan, size_t lanes = 2) : plan_(plan), lanes_(lanes, Lane(*this)) {}

  absl::StatusOr<Standing> ReadStanding(uint64_t life) override {
    if (plan_.FailsNow()) return absl::UnavailableError("MySQL is away");
    return standings[life];
  }

  size_t lanes() const override { return lanes_.size(); }
  ChunkLane& lane(size_t index) override { return lanes_[index]; }

  // All at once; lanes do it at their Commit.
  absl::StatusOr<ChunkOutcome> Apply(const Chunk& chunk) {
    ++applies;
    if (on_apply) on_apply();
    if (!refusals.empty()) {
      absl::Status refusal = refusals.front();
      refusals.pop_front();
      return refusal;
    }
    const bool fails = plan_.FailsNow();
    if (fails && plan_.kind == FaultPlan::Kind::kBefore) return absl::UnavailableError("MySQL is away");
    Standing& standing = standings[chunk.life];
    if (standing.closed || standing.position != chunk.from) return absl::FailedPreconditionError("moved");
    if (chunk.from.through_id != 0 && standing.batch_name != chunk.batch_name) {
      return absl::FailedPreconditionError("another batch");
    }
    ChunkOutcome outcome;
    for (const Increment& increment : chunk.increments) {
      if (missing.contains(increment.id)) {
        ++outcome.dead_letters;
        dead_views += increment.views;
        continue;
      }
      counts[increment.id] += increment.views;
      ++outcome.articles;
      outcome.views += increment.views;
    }
    standing.position = chunk.to;
    standing.batch_name = chunk.batch_name;
    for (const WriterSeq& writer : chunk.writers) writers[writer.writer] = writer.seq;
    recorded += chunk.books.recorded;
    added_by_others += chunk.books.added_by_others;
    taken_by_others += chunk.books.taken_by_others;
    largest_chunk = std::max(largest_chunk, chunk.increments.size());
    if (fails) return absl::UnknownError("the reply to COMMIT was lost");
    return outcome;
  }

  absl::Status Bury(uint64_t life, uint64_t epoch, absl::Span<const DeadLetter> letters) override {
    ++burials;
    const bool fails = plan_.FailsNow();
    if (fails && plan_.kind == FaultPlan::Kind::kBefore) return absl::UnavailableError("MySQL is away");
    if (standings[life].position != Position{.epoch = epoch}) return absl::FailedPreconditionError("moved");
    for (const DeadLetter& letter : letters) strays.insert(letter.field);
    return fails ? absl::UnknownError("the reply to COMMIT was lost") : absl::OkStatus();
  }

  void TakeLease(absl::Duration /*wait*/) override { ++leases; }
  void ReturnLease() override { --leases; }

  WideViews Applied() const {
    WideViews sum = 0;
    for (const auto& [id, count] : counts) sum += count;
    return sum;
  }

  std::map<uint64_t, Standing> standings;
  std::map<uint64_t, WideViews> counts;
  std::map<uint64_t, uint64_t> writers;  // last seq in batches that have begun
  std::set<uint64_t> missing;
  std::set<std::string> strays;
  std::deque<absl::Status> refusals;  // of the next calls of Apply
  WideViews dead_views = 0, recorded = 0, added_by_others = 0, taken_by_others = 0;
  size_t largest_chunk = 0;
  int applies = 0;
  int burials = 0;  // calls of Bury
  int leases = 0;
  int begins = 0;                              // of chunks
  int meeting = 0;                             // no chunk is begun before so many are
  bool met = true;                             // they all came
  std::map<int, absl::Status> begin_refusals;  // of the first, second … chunk that is begun
  std::function<void()> on_apply;
  int rollbacks = 0;  // of chunks

 private:
  class Lane final : public ChunkLane {
   public:
    explicit Lane(FakeBatchStore& store) : store_(store) {}
    absl::Status Begin(const Chunk& chunk) override {
      chunk_ = &chunk;
      return store_.Begun();
    }
    absl::StatusOr<ChunkOutcome> Commit() override { return store_.Apply(*std::exchange(chunk_, nullptr)); }
    void Rollback() override {
      ++store_.rollbacks;
      chunk_ = nullptr;
    }

   private:
    FakeBatchStore& store_;
    const Chunk* chunk_ = nullptr;
  };

  // Lanes begin on threads of their own.
  absl::Status Begun() {
    absl::MutexLock lock(&mutex_);
    ++begins;
    if (const auto refusal = begin_refusals.find(begins); refusal != begin_refusals.end()) {
      return refusal->second;
    }
    met &= mutex_.AwaitWithTimeout(absl::Condition(this, &FakeBatchStore::MeetingLocked), absl::Seconds(30));
    return absl::OkStatus();
  }
  bool MeetingLocked() const { return begins >= meeting; }

  FaultPlan& plan_;
  absl::Mutex mutex_;
  std::vector<Lane> lanes_;
};

}  // namespace readcount
