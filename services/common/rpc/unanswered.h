#pragma once

namespace readcount {

// Trailing metadata of a ViewArticles stream that the service itself ends: what it did not answer was not
// recorded. See the proto file of ArticleService.
inline constexpr char kUnansweredMetadata[] = "readcount-unanswered";
inline constexpr char kNotRecorded[] = "not-recorded";

}  // namespace readcount
