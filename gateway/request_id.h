#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace readcount::gateway {

// The name of one request, in its answer and in logs: the client's X-Request-Id or one made for it. A value
// without memory of its own: copying allocates nothing.
class RequestId {
 public:
  static constexpr size_t kMaxSize = 128;

  // None: as of a request without the header.
  RequestId() = default;

  // Takes a header's value of 1 to 128 characters of [A-Za-z0-9._-]. Anything else is none, for it could
  // forge lines where it is written.
  static RequestId Parse(absl::string_view value);

  // 16 lower-case hexadecimal digits, at random.
  static RequestId Make();

  bool none() const { return size_ == 0; }

  // Empty if none.
  absl::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, kMaxSize> text_ = {};
  uint8_t size_ = 0;
};

}  // namespace readcount::gateway
