#include "services/article/journal.h"

#include <algorithm>
#include <utility>

namespace readcount {

void Journal::Append(uint64_t seq, std::vector<ViewBatch::Entry> entries) {
  std::erase_if(entries, [](const ViewBatch::Entry& entry) { return entry.views == 0; });
  entries_ += entries.size();
  batches_.push_back({.seq = seq, .sent = true, .entries = std::move(entries)});
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
      batches_.push_back({.seq = held_seq_});
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

void Journal::ForgetLast() {
  entries_ -= batches_.back().entries.size();
  batches_.pop_back();
}

void Journal::Refuse(uint64_t seq, uint64_t id) {
  Batch* const batch = Find(seq);
  if (batch == nullptr) return;
  const size_t refused =
      std::erase_if(batch->entries, [id](const ViewBatch::Entry& entry) { return entry.id == id; });
  entries_ -= refused;
  batch->whole = batch->whole && refused == 0;
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
  while (entries_ > max_entries_ && batches_.size() > 1) {
    for (const ViewBatch::Entry& entry : batches_.front().entries) forgotten_views_ += entry.views;
    entries_ -= batches_.front().entries.size();
    batches_.pop_front();
  }
}

}  // namespace readcount
