#include "services/article/journal.h"

#include <algorithm>
#include <utility>

namespace readcount {

void Journal::Append(uint64_t seq, std::vector<ViewBatch::Entry> entries) {
  std::erase_if(entries, [](const ViewBatch::Entry& entry) { return entry.views == 0; });
  entries_ += entries.size();
  batches_.push_back({.first_seq = seq, .seq = seq, .sent = true, .entries = std::move(entries)});
  Bound();
}

std::vector<uint64_t> Journal::PlanHold(uint64_t next_seq,
                                        const std::vector<ViewBatch::Entry>& entries) const {
  const bool room = held_seq_ != 0 && batches_.back().entries.size() < kHeldBatchEntries;
  std::vector<uint64_t> seqs;
  seqs.reserve(entries.size());
  for (const ViewBatch::Entry& entry : entries) {
    const auto place = held_.find(entry.id);
    seqs.push_back(place != held_.end() ? place->second.seq : room ? held_seq_ : next_seq);
  }
  return seqs;
}

void Journal::Hold(const std::vector<ViewBatch::Entry>& entries, const std::vector<uint64_t>& seqs) {
  for (size_t i = 0; i < entries.size(); ++i) {
    if (const auto place = held_.find(entries[i].id); place != held_.end()) {
      Find(place->second.seq)->entries[place->second.entry].views += entries[i].views;
      continue;
    }
    if (held_seq_ != seqs[i]) {
      held_seq_ = seqs[i];
      batches_.push_back({.first_seq = held_seq_, .seq = held_seq_});
    }
    held_[entries[i].id] = {.seq = held_seq_, .entry = batches_.back().entries.size()};
    batches_.back().entries.push_back(entries[i]);
    ++entries_;
  }
}

void Journal::StopHolding() {
  held_.clear();
  held_seq_ = 0;
  for (Batch& batch : batches_) batch.sent = true;
}

const Journal::Batch* Journal::Find(uint64_t seq) const {
  const auto found = std::lower_bound(batches_.begin(), batches_.end(), seq,
                                      [](const Batch& batch, uint64_t wanted) { return batch.seq < wanted; });
  return found == batches_.end() || found->seq != seq ? nullptr : &*found;
}

Journal::Batch* Journal::Find(uint64_t seq) {
  return const_cast<Batch*>(std::as_const(*this).Find(seq));
}

void Journal::NoteRecorded(uint64_t seq, uint64_t epoch) {
  Batch* batch = Find(seq);
  if (batch == nullptr) return;
  batch->epoch = epoch;
  batch->era = era_;
}

void Journal::ForgetLast() {
  entries_ -= batches_.back().entries.size();
  batches_.pop_back();
}

void Journal::Trim(const WriterStanding& standing) {
  while (!batches_.empty() && batches_.front().seq <= standing.seq) {
    entries_ -= batches_.front().entries.size();
    batches_.pop_front();
  }
  for (Batch& batch : batches_) {
    if (batch.seq > standing.batch_seq) break;
    const size_t trimmed = std::erase_if(
        batch.entries, [&](const ViewBatch::Entry& entry) { return standing.Has(batch.seq, entry.id); });
    entries_ -= trimmed;
    batch.whole = batch.whole && trimmed == 0;
  }
}

void Journal::Bound() {
  if (entries_ <= max_entries_ || entries_ < merge_at_) return;
  Merge();
  while (entries_ > max_entries_ && batches_.size() > 1) {
    for (const ViewBatch::Entry& entry : batches_.front().entries) forgotten_views_ += entry.views;
    entries_ -= batches_.front().entries.size();
    batches_.pop_front();
  }
  // Not at every batch anew.
  merge_at_ = entries_ + max_entries_ / 4;
}

// Batches that Redis recorded in one epoch, without a lost connection in between, reach MySQL together or not
// at all, so they can be remembered as one.
void Journal::Merge() {
  std::deque<Batch> merged;
  absl::flat_hash_map<uint64_t, size_t> places;
  for (Batch& batch : batches_) {
    const bool fits = !merged.empty() && batch.epoch != 0 && merged.back().epoch == batch.epoch &&
                      merged.back().era == batch.era;
    if (!fits) {
      merged.push_back({.first_seq = batch.first_seq,
                        .seq = batch.seq,
                        .sent = batch.sent,
                        .epoch = batch.epoch,
                        .era = batch.era});
      places.clear();
    }
    Batch& into = merged.back();
    into.seq = batch.seq;
    for (const ViewBatch::Entry& entry : batch.entries) {
      const auto [place, added] = places.try_emplace(entry.id, into.entries.size());
      if (added) {
        into.entries.push_back(entry);
      } else {
        into.entries[place->second].views += entry.views;
      }
    }
  }
  batches_ = std::move(merged);
  entries_ = 0;
  for (const Batch& batch : batches_) entries_ += batch.entries.size();
}

}  // namespace readcount
