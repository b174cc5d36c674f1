#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/article/repository.h"

namespace readcount {

// A page's last key as an opaque text for URLs. It is bound to the author filter by a checksum, so that a
// token used with another filter, or made up, is refused instead of answering a page from nowhere.
std::string MakePageToken(const PageKey& key, absl::string_view author);

// INVALID_ARGUMENT if `token` was not made by MakePageToken for `author`.
absl::StatusOr<PageKey> ParsePageToken(absl::string_view token, absl::string_view author);

}  // namespace readcount
