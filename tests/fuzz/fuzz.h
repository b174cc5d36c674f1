#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

// What libFuzzer, or replay.cc in the ordinary build, calls with each input.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace readcount::fuzz {

// Ends the program, so that the input is kept, unless `holds`.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// Takes an input apart by lines, so that seeds can be written by hand.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  // Up to the next line feed, which is dropped.
  absl::string_view Line() {
    const size_t end = std::min(rest_.find('\n'), rest_.size());
    const absl::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line;
  }

  // A line's number; 0 if it is none.
  int64_t Number() {
    int64_t number = 0;
    return absl::SimpleAtoi(Line(), &number) ? number : 0;
  }

  absl::string_view rest() const { return rest_; }
  bool done() const { return rest_.empty(); }

 private:
  absl::string_view rest_;
};

}  // namespace readcount::fuzz
