#pragma once

#include <cstdint>
#include <memory>

#include "gateway/backends.h"
#include "gateway/http.h"
#include "gateway/text_cache.h"

namespace readcount::gateway {

// Answers views: of an article whose text is at hand only the count is asked for and set into it, and the
// others are asked for whole. Thread-safe.
class ArticleViews {
 public:
  // Both must outlive the object, and `texts` the views under way.
  ArticleViews(ArticleBackend& articles, TextCache& texts) : articles_(articles), texts_(texts) {}

  // Records one view of the article and responds with it, its count including the view, or with the error;
  // within `timeout`, but for up to 0.1 s.
  void View(uint64_t id, absl::Duration timeout, Respond respond);

 private:
  void ViewKnown(uint64_t id, absl::Duration timeout, std::shared_ptr<const ArticleText> text,
                 Respond respond);
  void ViewWhole(uint64_t id, absl::Duration timeout, Respond respond);

  ArticleBackend& articles_;
  TextCache& texts_;
};

}  // namespace readcount::gateway
