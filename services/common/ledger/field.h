#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace readcount {

// An article id as Redis clients and URLs must spell it: decimal digits without sign or leading zero, 1 to
// 2^64 - 1. Anything else is none.
std::optional<uint64_t> ParseArticleId(absl::string_view text);

// A value as HINCRBY writes it: decimal, no leading zero, '-' only before a nonzero digit, within 64 bits.
std::optional<int64_t> ParseIncrement(absl::string_view text);

}  // namespace readcount
