#pragma once

#include <cstdint>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"

namespace readcount {

// A sum of views. Single values come close to 2^63, so sums need more than 64 bits.
using WideViews = absl::int128;

// Decimal text, and back; text that is no number gives 0.
std::string ToText(WideViews views);
WideViews ToWideViews(absl::string_view text);

// The nearest 64-bit number, for messages that hold no more.
int64_t Narrow(WideViews views);

}  // namespace readcount
