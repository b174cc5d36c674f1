#include "gateway/random_hex.h"

#include <cstdint>
#include <cstring>

#include "absl/random/random.h"

namespace readcount::gateway {
namespace {

// Eight digits, one for each half byte, all at once: every request may need 64 of them.
uint64_t DigitsOf(uint32_t bits) {
  uint64_t halves = bits;
  halves = (halves | halves << 16) & 0x0000FFFF0000FFFF;
  halves = (halves | halves << 8) & 0x00FF00FF00FF00FF;
  halves = (halves | halves << 4) & 0x0F0F0F0F0F0F0F0F;
  const uint64_t letters = ((halves + 0x0606060606060606) >> 4) & 0x0101010101010101;  // from 10 on
  return halves + 0x3030303030303030 + letters * ('a' - '0' - 10);
}

}  // namespace

void WriteRandomHex(std::span<char, 16> to) {
  static thread_local absl::InsecureBitGen random;
  uint64_t bits = 0;
  while (bits == 0) bits = random();
  const uint64_t digits[] = {DigitsOf(static_cast<uint32_t>(bits)),
                             DigitsOf(static_cast<uint32_t>(bits >> 32))};
  std::memcpy(to.data(), digits, sizeof(digits));
}

}  // namespace readcount::gateway
