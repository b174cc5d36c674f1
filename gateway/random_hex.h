#pragma once

#include <span>

namespace readcount::gateway {

// Writes 16 random lower-case hexadecimal digits, not all of them 0. Cheap, and good enough for names that
// must differ; not for secrets. Thread-safe.
void WriteRandomHex(std::span<char, 16> to);

}  // namespace readcount::gateway
