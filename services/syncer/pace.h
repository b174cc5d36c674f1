#pragma once

#include <cstddef>

#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/base/sleeper.h"
#include "services/common/ledger/batch_ledger.h"
#include "services/syncer/traffic.h"

namespace readcount {

// How fast a run works: as fast as it can while few views come in; else in short pieces, one at a time, with
// a rest after each that is as long as the piece took, but not longer than 50 ms. A server that works without
// a break keeps its core from a view for as long as the scheduler lets it, which is up to 20 ms on some
// kernels; `deploy/bench --row tail` shows the difference. Not thread-safe.
class Pace {
 public:
  struct Settings {
    size_t chunk_articles = 5000;                    // increments in one transaction
    size_t busy_chunk_articles = 125;                // while views come in, if that is less
    absl::Duration busy_at_most = absl::Minutes(1);  // of one run: it works at full speed after that
  };

  // All must outlive the pace.
  Pace(const Settings& settings, Traffic& traffic, const Clock& clock, Sleeper& sleeper)
      : settings_(settings), traffic_(traffic), clock_(clock), sleeper_(sleeper) {}

  // A run begins.
  void BeginRun() { run_began_at_ = clock_.Elapsed(); }

  // Asks Redis whether views come in, but not more often than every 100 ms, and not for 10 s after it did not
  // answer.
  void Look(BatchLedger& ledger);

  // What the next piece may be.
  size_t chunk_articles() const;
  size_t lanes(size_t most) const;  // on which chunks are under way at once
  size_t page_fields() const;       // of the sealed hash, read in one command

  // A piece of work begins, and ends with a rest if views come in. A sleeper that is cancelled rests no more.
  void Begin() { began_at_ = clock_.Elapsed(); }
  void Rest();

 private:
  bool GivesWay() const;

  const Settings settings_;
  Traffic& traffic_;
  const Clock& clock_;
  Sleeper& sleeper_;
  absl::Duration run_began_at_;
  absl::Duration next_look_ = -absl::InfiniteDuration();
  absl::Duration began_at_;
};

}  // namespace readcount
