#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/article/life_registry.h"
#include "services/common/ledger/view_ledger.h"

namespace readcount {

// What one writer remembers of its views until MySQL has them, so that it can record them again in a Redis
// that lost its past. Batches in the order of their seqs. Not thread-safe.
class Journal {
 public:
  struct Batch {
    uint64_t seq = 0;
    bool sent = false;  // Redis may have it
    bool whole = true;  // MySQL has nothing of it
    std::vector<ViewBatch::Entry> entries;
  };

  // Keeps at most `max_entries` ids with their views, and the last batch in any case; beyond that the oldest
  // batches are forgotten. What is held for later is bounded by the spool instead. They are never put
  // together: MySQL may have some of them and lack others.
  explicit Journal(size_t max_entries) : max_entries_(max_entries) {}

  // A batch about to be sent. `seq` must be greater than those before.
  void Append(uint64_t seq, std::vector<ViewBatch::Entry> entries);

  // Views that wait to be sent later are added to the batches that wait already, in which an id appears once,
  // so that memory grows with the articles and not with the views. First the seq under which each entry will
  // wait, `next_seq` being free for a new batch; then, with those seqs, the views themselves.
  std::vector<uint64_t> PlanHold(uint64_t next_seq, const std::vector<ViewBatch::Entry>& entries) const;
  void Hold(const std::vector<ViewBatch::Entry>& entries, const std::vector<uint64_t>& seqs);

  // The batches from now on are no longer added to.
  void StopHolding();

  // Forgets the last batch, which was certainly not recorded.
  void ForgetLast();

  // Forgets what MySQL has.
  void Trim(const WriterStanding& standing);

  // Forgets a view that Redis refused to add, and whose caller is told so.
  void Refuse(uint64_t seq, uint64_t id);

  const std::deque<Batch>& batches() const { return batches_; }
  const Batch* Find(uint64_t seq) const;
  Batch* Find(uint64_t seq);
  bool empty() const { return batches_.empty(); }
  size_t entries() const { return entries_; }
  uint64_t forgotten_views() const { return forgotten_views_; }  // beyond `max_entries`, in all

 private:
  void Bound();

  static constexpr size_t kHeldBatchEntries = 2000;  // ids of one call to Redis

  const size_t max_entries_;
  std::deque<Batch> batches_;
  size_t entries_ = 0;
  uint64_t forgotten_views_ = 0;

  struct Place {
    uint64_t seq = 0;
    size_t entry = 0;
  };
  absl::flat_hash_map<uint64_t, Place> held_;  // id -> where it waits
  uint64_t held_seq_ = 0;                      // of the batch that further ids go to; 0: none
};

}  // namespace readcount
