#include "gateway/utf8.h"

#include <cstddef>
#include <cstdint>

namespace readcount::gateway {
namespace {

// What may follow a first byte: how many bytes, and the range of the first of them, which is where
// overlong forms, surrogates and values too large show.
struct Tail {
  size_t length = 0;
  uint8_t least = 0x80;
  uint8_t most = 0xBF;
};

constexpr size_t kNeverFirst = 4;

Tail TailOf(uint8_t first) {
  if (first < 0x80) return {.length = 0};
  if (first < 0xC2) return {.length = kNeverFirst};
  if (first < 0xE0) return {.length = 1};
  if (first == 0xE0) return {.length = 2, .least = 0xA0};
  if (first == 0xED) return {.length = 2, .most = 0x9F};
  if (first < 0xF0) return {.length = 2};
  if (first == 0xF0) return {.length = 3, .least = 0x90};
  if (first < 0xF4) return {.length = 3};
  if (first == 0xF4) return {.length = 3, .most = 0x8F};
  return {.length = kNeverFirst};
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Tail tail = TailOf(static_cast<uint8_t>(text[at++]));
    if (tail.length == kNeverFirst || text.size() - at < tail.length) return false;
    for (size_t i = 0; i < tail.length; ++i, ++at) {
      const auto byte = static_cast<uint8_t>(text[at]);
      if (byte < (i == 0 ? tail.least : 0x80) || byte > (i == 0 ? tail.most : 0xBF)) return false;
    }
  }
  return true;
}

}  // namespace readcount::gateway
