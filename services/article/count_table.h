#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/types/span.h"

namespace readcount {

// What is remembered of an article's count.
struct CountRow {
  uint64_t count = 0;
  uint64_t history = 0;  // its name
  uint64_t applied_epoch = 0;
  uint64_t shown = 0;   // the greatest count that was ever answered
  int64_t expires = 0;  // nanoseconds of the clock
};

// Counts by article id, in memory of a fixed size, 48 bytes each: a table of sets with few places.
// Neighbouring ids share a set, so ids without gaps fill the table evenly and to the last place. In a full
// set a new row takes the place of the one that expires first. Not thread-safe.
class CountTable {
 public:
  // Has room for `rows`, rounded up to whole sets. Takes memory as it fills.
  explicit CountTable(size_t rows);

  // In all of these, `id` is not 0.

  // The row of an article, or null. Valid until the next Insert.
  CountRow* Find(uint64_t id);

  // Has the processor fetch what Find will read soon.
  void Prefetch(uint64_t id) const { __builtin_prefetch(SetOf(id).ids); }

  // The row of an article, a fresh one if it has none.
  CountRow& Insert(uint64_t id);

  void Erase(uint64_t id);

 private:
  static constexpr size_t kWays = 8;
  static constexpr size_t kCacheLine = 64;

  // A look-up reads the line with the ids and then that of the one row.
  struct Set {
    uint64_t ids[kWays] = {};  // 0: the place is free
    CountRow rows[kWays];
  };
  struct Free {
    void operator()(void* memory) const;
  };

  Set& SetOf(uint64_t id) const { return sets_[id / kWays % sets_.size()]; }

  const std::unique_ptr<void, Free> memory_;
  const absl::Span<Set> sets_;
};

}  // namespace readcount
