#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "services/article/journal.h"
#include "services/article/ledger_writer.h"
#include "services/article/life_registry.h"
#include "services/article/spool.h"
#include "services/common/ledger/view_ledger.h"

namespace readcount {

// The writers of processes that are gone, which left views in the spool: this process brings them to their
// end. Not thread-safe.
class Predecessors {
 public:
  // What is `left` is in `spool`, which may be none if nothing is; with `keep_spooled` it stays there until
  // MySQL has it, else until Redis does. Each remembers at most `journal_entries`. All must outlive the
  // object.
  Predecessors(const std::vector<SpooledWriter>& left, size_t journal_entries, bool keep_spooled,
               ViewLedger& ledger, LifeRegistry& registry, Spool* spool);

  // Brings Redis what it lacks of all of them; see LedgerWriter::CatchUp.
  absl::Status CatchUp();

  // Whether all of them are in `life`; those that are not fall out of step.
  bool AreIn(uint64_t life);

  void FallOutOfStep();

  // Forgets what MySQL has of one of them in its life. False if it is none of them.
  bool Trim(uint64_t life, uint64_t writer, const WriterStanding& standing);

  // Lets go of those of which MySQL has everything.
  void LetGo();

  // Adds their names.
  void AddWriters(std::vector<uint64_t>& writers) const;

  uint64_t spooled_views() const;   // that Redis does not have yet
  uint64_t replayed_views() const;  // by all that there ever were
  uint64_t breaks() const;          // of their histories, likewise

 private:
  struct Writer {
    Writer(const SpooledWriter& left, size_t journal_entries, ViewLedger& ledger, LifeRegistry& registry,
           Spool& spool);
    Journal journal;
    LedgerWriter ledger_writer;
    uint64_t last_seq = 0;
    bool spooled = true;
  };

  const bool keep_spooled_;
  Spool* const spool_;
  std::vector<std::unique_ptr<Writer>> writers_;
  uint64_t replayed_by_gone_ = 0;  // by those that were let go
  uint64_t breaks_of_gone_ = 0;
};

}  // namespace readcount
