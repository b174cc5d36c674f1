#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace readcount {

// What several requests of SyncService have in common. INVALID_ARGUMENT names the field that is wrong.

inline constexpr int kDefaultPageSize = 50;
inline constexpr int kMaxPageSize = 1000;
inline constexpr size_t kMaxRequesterBytes = 64;

// A page of a list by id; its token is the id of the last entry of the page before.
struct PageRequest {
  std::optional<uint64_t> last;  // none: the first page
  int limit = 0;
};
absl::StatusOr<PageRequest> ToPage(int page_size, absl::string_view page_token);

absl::Status CheckRequester(absl::string_view requested_by);

}  // namespace readcount
