#pragma once

#include "absl/strings/string_view.h"

namespace readcount {

// How a service or the gateway says of views that it did not answer that they were certainly not counted, so
// that whoever sent them may send them again.

// In the message of an error. Clients look for these words.
inline constexpr absl::string_view kNothingCounted = "nothing was counted";

// Trailing metadata of a ViewArticles stream that the service itself ends, as the proto file says.
inline constexpr char kUnansweredMetadata[] = "readcount-unanswered";
inline constexpr char kNotRecorded[] = "not-recorded";

}  // namespace readcount
