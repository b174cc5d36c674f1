#include "services/syncer/ticker.h"

#include <algorithm>
#include <utility>

namespace readcount {

Ticker::Ticker(Settings settings, const Clock& clock, Sleeper& sleeper, std::function<absl::Status()> run,
               std::function<void(absl::Time)> announce)
    : settings_(settings),
      clock_(clock),
      sleeper_(sleeper),
      run_(std::move(run)),
      announce_(std::move(announce)),
      thread_([this] { Loop(); }) {}

Ticker::~Ticker() {
  sleeper_.Cancel();
  thread_.join();
}

void Ticker::Loop() {
  Backoff backoff(settings_.backoff);
  absl::Duration wait;
  do {
    const absl::Duration start = clock_.Elapsed();
    const absl::Status status = run_();
    if (status.ok()) {
      backoff.Reset();
      wait = std::max(settings_.interval - (clock_.Elapsed() - start), absl::ZeroDuration());
    } else {
      wait = std::min(backoff.Next(), settings_.interval);
    }
    announce_(clock_.Now() + wait);
  } while (sleeper_.SleepFor(wait));
}

}  // namespace readcount
