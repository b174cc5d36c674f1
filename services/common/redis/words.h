#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>

#include "absl/strings/string_view.h"

namespace readcount::redis {

// The words of a command in the bytes that the server reads, bulk strings of RESP2: each is written once, at
// its place. Not thread-safe.
class Words {
 public:
  Words() = default;
  Words(std::initializer_list<absl::string_view> words) {
    for (absl::string_view word : words) Add(word);
  }

  Words& Add(absl::string_view word) {
    AddNumber('$', word.size());
    bytes_.append(word.data(), word.size()).append(kEnd);
    ++size_;
    return *this;
  }

  // In decimal.
  Words& Add(uint64_t number) {
    char digits[kMostDigits];
    const auto [end, error] = std::to_chars(digits, digits + kMostDigits, number);
    return Add(absl::string_view(digits, static_cast<size_t>(end - digits)));
  }

  size_t size() const { return size_; }
  absl::string_view bytes() const { return bytes_; }

  // No words, but the memory of those before.
  void clear() {
    bytes_.clear();
    size_ = 0;
  }

 private:
  static constexpr size_t kMostDigits = std::numeric_limits<uint64_t>::digits10 + 1;
  static constexpr char kEnd[] = "\r\n";

  void AddNumber(char type, size_t number) {
    char text[1 + kMostDigits + 2] = {type};
    char* end = std::to_chars(text + 1, text + 1 + kMostDigits, number).ptr;
    *end++ = '\r';
    *end++ = '\n';
    bytes_.append(text, static_cast<size_t>(end - text));
  }

  std::string bytes_;
  size_t size_ = 0;
};

}  // namespace readcount::redis
