#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace readcount::gateway {

// Below this a body fits a packet or two whether it is compressed or not.
inline constexpr size_t kMinGzipBytes = 1024;
// Beyond this compressing would keep an I/O thread from other connections for milliseconds.
inline constexpr size_t kMaxGzipBytes = size_t{256} << 10;

constexpr bool IsWorthGzip(size_t bytes) {
  return bytes >= kMinGzipBytes && bytes <= kMaxGzipBytes;
}

// `body` in the format of RFC 1952, at zlib's fastest level; none if that would not be shorter. Each thread
// that calls keeps 270 kB for it. Thread-safe.
std::optional<std::string> Gzip(absl::string_view body);

}  // namespace readcount::gateway
