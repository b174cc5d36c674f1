#pragma once

#include <atomic>
#include <memory>

#include "gateway/backends.h"
#include "gateway/text_cache.h"

namespace readcount::gateway {

// Asks for the texts in use again before they expire, many at once, so that views hardly ever wait for one.
// Thread-safe.
class TextRenewal {
 public:
  static constexpr size_t kMostAtOnce = 256;  // texts of one call, so that none holds a thread for long

  // Both must outlive the object and a call under way.
  TextRenewal(ArticleBackend& articles, TextCache& texts)
      : state_(std::make_shared<State>(articles, texts)) {}

  // Asks for the texts that are due, one call after the other, unless that is going on already. To be called
  // several times a second. Nothing is asked again after an error: then the texts expire, and the next view
  // of each asks for it.
  void Poll();

 private:
  struct State {
    State(ArticleBackend& backend, TextCache& cache) : articles(backend), texts(cache) {}

    ArticleBackend& articles;
    TextCache& texts;
    std::atomic<bool> under_way = false;
  };
  static void AskNext(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace readcount::gateway
