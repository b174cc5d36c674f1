#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "services/common/ledger/view_ledger.h"

namespace readcount {

// Many lists of ids as one batch: each id once, in the order in which it first came, with the views of all
// lists. Not thread-safe.
class CoalescedViews {
 public:
  // Has room for so many ids in all.
  explicit CoalescedViews(size_t ids) {
    entries_.reserve(ids);
    places_.reserve(ids);
    entry_of_.reserve(ids);
  }

  // Adds a list, one view of each id, repeats being separate views; or the ids only.
  void Add(absl::Span<const uint64_t> ids, bool record) {
    for (uint64_t id : ids) {
      const auto [entry, added] = entry_of_.try_emplace(id, static_cast<uint32_t>(entries_.size()));
      if (added) entries_.push_back({.id = id});
      if (record) ++entries_[entry->second].views;
      places_.push_back(entry->second);
    }
    records_ = records_ || record;
  }

  // Whether there are views among them.
  bool records() const { return records_; }

  const std::vector<ViewBatch::Entry>& entries() const { return entries_; }

  // The entry of each id, in the order in which the ids were added.
  absl::Span<const uint32_t> places() const { return places_; }

 private:
  std::vector<ViewBatch::Entry> entries_;
  std::vector<uint32_t> places_;
  absl::flat_hash_map<uint64_t, uint32_t> entry_of_;
  bool records_ = false;
};

}  // namespace readcount
