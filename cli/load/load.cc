#include "cli/load/load.h"

#include <algorithm>
#include <random>
#include <utility>

#include "cli/load/zipf.h"

namespace readcount::cli {
namespace {

// After a connection broke, so that a service that is away is not flooded.
constexpr absl::Duration kRest = absl::Milliseconds(100);

}  // namespace

Load::Load(const LoadOptions& options, const MakeSender& make_sender, const Clock& clock)
    : options_(options), clock_(clock), begin_(clock.Elapsed()) {
  for (int i = 0; i < options.connections; ++i) senders_.push_back(make_sender());
  for (int i = 0; i < options.connections; ++i) {
    ViewSender& sender = *senders_[static_cast<size_t>(i)];
    threads_.emplace_back([this, i, &sender] { Work(i, sender); });
  }
}

Load::~Load() {
  Stop();
  Wait();
}

void Load::Stop() {
  stopped_ = true;
  sleeper_.Cancel();
}

void Load::Wait() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  absl::MutexLock lock(&mutex_);
  if (!std::exchange(over_, true)) totals_.elapsed = clock_.Elapsed() - begin_;
}

Load::Totals Load::Read() const {
  absl::MutexLock lock(&mutex_);
  Totals totals = totals_;
  if (!over_) totals.elapsed = clock_.Elapsed() - begin_;
  return totals;
}

// The views of all connections take turns.
absl::Duration Load::DueTime(int index, uint64_t nth) const {
  const double place = static_cast<double>(nth) * options_.connections + index;
  return begin_ + absl::Seconds(place / static_cast<double>(options_.rate));
}

// When the views of the next message were due, or are: none if none is due yet. Without a rate all are due
// now.
std::vector<absl::Duration> Load::NextDue(int index, uint64_t sent, size_t most, absl::Duration now) const {
  if (options_.rate == 0) return std::vector<absl::Duration>(most, now);
  std::vector<absl::Duration> due;
  while (due.size() < most) {
    const absl::Duration time = DueTime(index, sent + due.size());
    if (time > now || time >= begin_ + options_.duration) break;
    due.push_back(time);
  }
  return due;
}

// How many views of the connection are due at `time`. Without a rate none ever is late.
uint64_t Load::DueUntil(int index, absl::Duration time) const {
  const auto rate = static_cast<double>(options_.rate);
  time = std::min(time, begin_ + options_.duration);
  uint64_t due = static_cast<uint64_t>(
      std::max(0.0, absl::ToDoubleSeconds(time - begin_) * rate / options_.connections - 1));
  while (options_.rate != 0 && DueTime(index, due) <= time &&
         DueTime(index, due) < begin_ + options_.duration)
    ++due;
  return due;
}

void Load::Work(int index, ViewSender& sender) {
  const Zipf zipf(options_.ids, options_.zipf);
  std::mt19937_64 random(options_.seed + static_cast<uint64_t>(index));
  const size_t most = std::min(options_.batch, sender.most_ids());
  const absl::Duration end = begin_ + options_.duration;
  uint64_t sent = 0;
  std::vector<uint64_t> ids;
  for (bool last = false; !last && !stopped_;) {
    const absl::Duration now = clock_.Elapsed();
    // What became due while it slept into the end goes out in a last message.
    last = now >= end;
    const std::vector<absl::Duration> due = NextDue(index, sent, most, now);
    if (due.empty() || (last && options_.rate == 0)) {
      if (!last) sleeper_.SleepFor(std::min(DueTime(index, sent), end) - now);
      continue;
    }
    ids.resize(due.size());
    for (uint64_t& id : ids) id = zipf.Draw(random);
    const Outcomes outcomes = sender.Send(ids);
    sent += ids.size();
    Count(outcomes, due);
    if (outcomes.lost) sleeper_.SleepFor(kRest);
  }
  const uint64_t due = DueUntil(index, clock_.Elapsed());
  absl::MutexLock lock(&mutex_);
  totals_.not_sent += due - std::min(due, sent);
}

void Load::Count(const Outcomes& outcomes, const std::vector<absl::Duration>& due) {
  const absl::Duration now = clock_.Elapsed();
  if (options_.rate == 0) {
    if (outcomes.acknowledged > 0) latencies_.Add(now - due.front(), outcomes.acknowledged);
  } else {
    for (size_t i = 0; i < outcomes.acknowledged; ++i) latencies_.Add(now - due[i]);
  }
  absl::MutexLock lock(&mutex_);
  totals_.acknowledged += outcomes.acknowledged;
  totals_.refused += outcomes.refused;
  totals_.no_article += outcomes.no_article;
  totals_.unknown += outcomes.unknown;
  if (!outcomes.error.empty()) totals_.error = outcomes.error;
  if (!outcomes.lost) totals_.reached = true;
}

}  // namespace readcount::cli
