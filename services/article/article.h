#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"

namespace readcount {

// What an article says; shared between the cache and the answers under way, never changed.
struct Article {
  uint64_t id = 0;
  std::string title;
  std::string content;
  std::string author;
  std::optional<absl::Time> created_at;  // none if the table holds no real date
  std::optional<absl::Time> updated_at;  // none if never edited
};

// A stretch of Redis' past without a gap: a life, as long as Redis forgets nothing of it that a writer of
// this process knows. What was learnt in one history says nothing about the epochs of another.
struct History {
  uint64_t life = 0;
  uint64_t breaks = 0;  // times since the process began that Redis forgot something, or may have

  // Lives are random, so the few numbers that follow one are no other's.
  uint64_t name() const { return life + breaks; }

  friend bool operator==(const History&, const History&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const History& history) {
    return H::combine(std::move(hash), history.life, history.breaks);
  }
};

// An article's row at one moment, and which batches of views were in its count at that moment.
struct ArticleRow {
  uint64_t id = 0;
  std::shared_ptr<const Article> article;  // none if only the count was asked for
  uint64_t count = 0;                      // articles.read_count
  uint64_t history = 0;                    // the name of the history that `applied_epoch` speaks of
  uint64_t applied_epoch = 0;              // the newest batch of its life that is in `count`; 0: none
  absl::Duration text_fresh_for;           // how long the text may still be shown; 0 for one in no cache
};

// An article as it is answered.
struct CountedArticle {
  std::shared_ptr<const Article> article;  // none if only the count was asked for
  uint64_t read_count = 0;
  bool count_stale = false;       // `read_count` may lack recent views
  bool content_stale = false;     // the text is older than it should be
  absl::Duration text_fresh_for;  // how long the text may still be shown
};

}  // namespace readcount
