#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/time/time.h"

namespace readcount {

// What is remembered of an article's count.
struct CountRow {
  uint64_t id = 0;  // 0: the place is free
  uint64_t count = 0;
  uint64_t life = 0;
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

  // The row of an article, a fresh one if it has none.
  CountRow& Insert(uint64_t id);

  void Erase(uint64_t id);

 private:
  static constexpr size_t kWays = 8;
  struct Free {
    void operator()(CountRow* rows) const;
  };

  CountRow* SetOf(uint64_t id) const { return rows_.get() + id / kWays % sets_ * kWays; }

  const size_t sets_;
  const std::unique_ptr<CountRow[], Free> rows_;
};

}  // namespace readcount
