#include "services/article/count_table.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <type_traits>

namespace readcount {
namespace {

// Fresh pages of the kernel are zeros, which are free places, and cost nothing until they are written.
CountRow* Allocate(size_t rows) {
  static_assert(std::is_trivially_copyable_v<CountRow>);
  void* memory = std::calloc(rows, sizeof(CountRow));
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<CountRow*>(memory);
}

// Odd, so that ids in steps of a power of two, as some generators of ids make them, use all sets.
size_t Sets(size_t rows, size_t ways) {
  return (rows + ways - 1) / ways | 1;
}

}  // namespace

CountTable::CountTable(size_t rows) : sets_(Sets(rows, kWays)), rows_(Allocate(sets_ * kWays)) {}

void CountTable::Free::operator()(CountRow* rows) const {
  std::free(rows);
}

CountRow* CountTable::Find(uint64_t id) {
  CountRow* const set = SetOf(id);
  CountRow* const found = std::find_if(set, set + kWays, [id](const CountRow& row) { return row.id == id; });
  return found == set + kWays ? nullptr : found;
}

CountRow& CountTable::Insert(uint64_t id) {
  if (CountRow* const found = Find(id); found != nullptr) return *found;
  CountRow* const set = SetOf(id);
  // A free place has expired before all others.
  CountRow& place = *std::min_element(set, set + kWays, [](const CountRow& a, const CountRow& b) {
    return a.id == 0 ? b.id != 0 : b.id != 0 && a.expires < b.expires;
  });
  place = {.id = id};
  return place;
}

void CountTable::Erase(uint64_t id) {
  if (CountRow* const found = Find(id); found != nullptr) *found = {};
}

}  // namespace readcount
