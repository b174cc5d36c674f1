#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/base/wide.h"
#include "services/syncer/dead_letter_box.h"

namespace readcount {

// Decides which dead letters can be added to their articles now, one after the other in their order, by the
// rules by which a sync decides. A letter says what its field and its value say: somebody may have corrected
// them since. Whoever uses it has the letters and the articles locked.
class Redelivery {
 public:
  // How an article's count changes: of plus and minus one is 0, so that no arithmetic can wrap.
  struct CountChange {
    uint64_t id = 0;
    uint64_t plus = 0;
    uint64_t minus = 0;

    friend bool operator==(const CountChange&, const CountChange&) = default;
  };

  // How the books of a life change. A corrected letter may add more, or less, than the books counted of it:
  // the rest was put in by others.
  struct BookChange {
    WideViews applied = 0;
    WideViews dead_lettered = 0;  // that they count no more

    WideViews added_by_others() const { return applied - dead_lettered; }
  };

  struct Decision {
    std::map<uint64_t, int64_t> added;     // the views of each letter that can be added, by its id
    std::vector<CountChange> counts;       // by id; articles whose count stays are left out
    std::map<uint64_t, BookChange> books;  // by life
    std::map<absl::string_view, std::vector<uint64_t>> reasons;  // letters that stay, with another reason now
  };

  explicit Redelivery(const std::vector<KeptLetter>& letters);

  // The articles that the letters are for, rising: the order in which syncs lock them.
  std::vector<uint64_t> articles() const;

  // One of these exists, deleted or not, and has that count.
  void ArticleFound(uint64_t id, uint64_t count);

  Decision Decide();

 private:
  struct Letter {
    const KeptLetter* kept = nullptr;
    std::optional<uint64_t> article;
    std::optional<int64_t> views;
  };
  struct Article {
    bool exists = false;
    uint64_t found = 0;  // its count
    uint64_t count = 0;  // with the letters that were added so far
  };

  absl::string_view TryToAdd(const Letter& letter);
  std::vector<CountChange> CountChanges() const;

  std::vector<Letter> letters_;
  std::map<uint64_t, Article> articles_;
};

}  // namespace readcount
