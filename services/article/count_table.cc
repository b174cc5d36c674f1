#include "services/article/count_table.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace readcount {
namespace {

// Fresh pages of the kernel are zeros, which are free places, and cost nothing until they are written.
void* Allocate(size_t bytes) {
  void* memory = std::calloc(bytes, 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

// Odd, so that ids in steps of a power of two, as some generators of ids make them, use all sets.
size_t Sets(size_t rows, size_t ways) {
  return (rows + ways - 1) / ways | 1;
}

template <typename T>
absl::Span<T> Aligned(void* memory, size_t count, size_t alignment) {
  static_assert(std::is_trivially_copyable_v<T>);
  size_t space = count * sizeof(T) + alignment;
  return {static_cast<T*>(std::align(alignment, count * sizeof(T), memory, space)), count};
}

}  // namespace

CountTable::CountTable(size_t rows)
    : memory_(Allocate(Sets(rows, kWays) * sizeof(Set) + kCacheLine)),
      sets_(Aligned<Set>(memory_.get(), Sets(rows, kWays), kCacheLine)) {}

void CountTable::Free::operator()(void* memory) const {
  std::free(memory);
}

CountRow* CountTable::Find(uint64_t id) {
  Set& set = SetOf(id);
  for (size_t i = 0; i < kWays; ++i) {
    if (set.ids[i] == id) return &set.rows[i];
  }
  return nullptr;
}

CountRow& CountTable::Insert(uint64_t id) {
  if (CountRow* const found = Find(id); found != nullptr) return *found;
  Set& set = SetOf(id);
  size_t place = 0;
  for (size_t i = 0; i < kWays && set.ids[place] != 0; ++i) {
    if (set.ids[i] == 0 || set.rows[i].expires < set.rows[place].expires) place = i;
  }
  set.ids[place] = id;
  set.rows[place] = {};
  return set.rows[place];
}

void CountTable::Erase(uint64_t id) {
  Set& set = SetOf(id);
  std::replace(set.ids, set.ids + kWays, id, uint64_t{0});
}

}  // namespace readcount
