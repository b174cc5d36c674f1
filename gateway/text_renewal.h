#pragma once

#include <atomic>
#include <memory>

#include "gateway/backends.h"
#include "gateway/text_cache.h"

namespace readcount::gateway {

// Asks for the texts in use again before they expire, many at once, so that views hardly ever wait for one.
class TextRenewal {
 public:
  static constexpr size_t kMostAtOnce = 256;  // texts of one call

  // Both must outlive the object, and `texts` a call under way.
  TextRenewal(ArticleBackend& articles, TextCache& texts) : articles_(articles), texts_(texts) {}

  // Asks for the texts that are due, if the last call has ended. To be called several times a second. Nothing
  // is asked again after an error: then the texts expire, and the next view of each asks for it.
  void Poll();

 private:
  ArticleBackend& articles_;
  TextCache& texts_;
  const std::shared_ptr<std::atomic<bool>> under_way_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace readcount::gateway
