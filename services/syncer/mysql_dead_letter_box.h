#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "services/common/base/sleeper.h"
#include "services/common/mysql/pool.h"
#include "services/syncer/dead_letter_box.h"
#include "services/syncer/mysql_session.h"
#include "services/syncer/sync_tally.h"

namespace readcount {

// DeadLetterBox over read_count_dead_letters and read_count_dropped_letters, which may work beside syncs, and
// beside the boxes of other syncers.
//
// A transaction locks letters, then articles, then positions, each in rising order, so two of them never wait
// for each other. A sync locks articles, then its position, and adds letters of a batch whose letters may not
// leave yet, so neither does it wait for a letter that is locked here. If MySQL finds a deadlock all the same
// (an editor's transaction, say) the transaction is made again, after a pause, a bounded number of times.
//
// Readers: the views of a letter left Redis with their batch, so they stand in no sealed or live value, and a
// row that has them is not added to again. A row that grows beside the position is newer than others of the
// same epoch; ArticleCache::Put says how such rows are told apart. What was cached before shows the letter's
// views when the row is read again, after article.cache_ttl at the latest for texts.
class MysqlDeadLetterBox final : public DeadLetterBox {
 public:
  // `pool` serves List and Count; the rest works on a session of its own. All must outlive the box.
  MysqlDeadLetterBox(mysql::Pool& pool, MysqlSettings settings, Sleeper& sleeper)
      : pool_(pool), session_(std::move(settings)), sleeper_(sleeper) {}

  absl::StatusOr<std::vector<KeptLetter>> List(uint64_t after, absl::string_view reason, int limit) override;
  absl::StatusOr<uint64_t> Count(uint64_t most) override;
  absl::StatusOr<RetriedLetters> Retry(const LetterSelection& selection, const Abandoned& abandoned) override;
  absl::StatusOr<DroppedLetters> Drop(const LetterSelection& selection, const std::string& dropped_by,
                                      const Abandoned& abandoned) override;

  const LetterTally& tally() const { return tally_; }

 private:
  // Letters that leave in one transaction, by id, with the views that this is worth.
  using Leaving = std::map<uint64_t, int64_t>;
  // What one transaction does with the letters that it has locked.
  using Work = absl::FunctionRef<absl::StatusOr<Leaving>(const std::vector<KeptLetter>& letters)>;

  // Ids of letters that may leave, rising.
  struct Page {
    std::vector<uint64_t> ids;
    uint64_t open = 0;  // letters between them that may not yet
    uint64_t last = 0;  // the greatest id among both
    bool more = false;  // there may be letters after it
  };
  struct Moved {
    uint64_t letters = 0;
    WideViews views = 0;
    uint64_t kept = 0;
  };

  absl::StatusOr<Moved> MoveAll(const LetterSelection& selection, const Abandoned& abandoned,
                                EventCount& counter, Work work);
  absl::StatusOr<Page> FindPage(const LetterSelection& selection, uint64_t after, uint64_t last);
  absl::StatusOr<Moved> MovePage(const std::vector<uint64_t>& ids, Work work);
  absl::StatusOr<Moved> TryToMove(const std::vector<uint64_t>& ids, Leaving& in_doubt, Work work);
  absl::StatusOr<std::vector<KeptLetter>> Lock(const std::vector<uint64_t>& ids);
  absl::StatusOr<Leaving> AddToArticles(const std::vector<KeptLetter>& letters);
  absl::StatusOr<Leaving> PutAside(const std::vector<KeptLetter>& letters, const std::string& dropped_by);
  absl::Status Delete(const Leaving& letters);
  absl::StatusOr<mysql::Result> Read(absl::string_view sql, absl::Span<const mysql::Argument> arguments);
  absl::Status Change(absl::string_view sql, std::initializer_list<mysql::Argument> arguments,
                      uint64_t expected);

  mysql::Pool& pool_;
  MysqlSession session_;
  Sleeper& sleeper_;
  LetterTally tally_;
};

}  // namespace readcount
