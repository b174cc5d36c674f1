#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace readcount::cli {

// The text with each byte that is part of no character of UTF-8 replaced by U+FFFD.
std::string MendedUtf8(absl::string_view text);

// The text with each control character replaced by a space, so that foreign text neither breaks a line nor
// commands a terminal.
std::string Plain(absl::string_view text);

// Columns that a terminal needs for the text.
size_t DisplayWidth(absl::string_view text);

}  // namespace readcount::cli
