#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/article/article.h"

namespace readcount {

// A place in the order of pages: newest first, then by id, descending.
struct PageKey {
  std::string
      created_at;  // as the table has it, in no zone; may be no real date, such as 0000-00-00 00:00:00
  uint64_t id = 0;

  friend bool operator==(const PageKey&, const PageKey&) = default;
};

struct PageQuery {
  std::string author;            // empty: everyone's
  std::optional<PageKey> after;  // none: from the newest on
  int limit = 0;                 // at least 1
};

// The articles' table, read only. Thread-safe.
//
// Errors: UNAVAILABLE MySQL is away; FAILED_PRECONDITION the schema is not loaded; INTERNAL anything else.
class ArticleRepository {
 public:
  virtual ~ArticleRepository() = default;

  // Rows of those `ids` that exist and are not deleted, in no order, with the text or without. Row and
  // position in `life` are read by one statement, so they fit each other. Their history is left to the
  // caller.
  virtual absl::StatusOr<std::vector<ArticleRow>> Load(uint64_t life, absl::Span<const uint64_t> ids,
                                                       bool text) = 0;

  // Keys of the page after `query.after`, in page order, deleted articles left out.
  virtual absl::StatusOr<std::vector<PageKey>> ListKeys(const PageQuery& query) = 0;

  // OK if MySQL answers.
  virtual absl::Status Ping() = 0;
};

}  // namespace readcount
