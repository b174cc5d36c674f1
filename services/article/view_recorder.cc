#include "services/article/view_recorder.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

// One thread is in the call to Redis while the other still answers the batch before.
constexpr int kThreads = 2;

// The distinct ids of a batch in order of first appearance, and each one's place.
class Coalesced {
 public:
  void Add(const std::vector<uint64_t>& ids, bool record) {
    for (uint64_t id : ids) {
      const auto [place, added] = places_.try_emplace(id, entries_.size());
      if (added) entries_.push_back({.id = id});
      if (record) ++entries_[place->second].views;
    }
    records_ = records_ || record;
  }

  size_t place(uint64_t id) const { return places_.at(id); }
  bool records() const { return records_; }
  std::vector<ViewBatch::Entry> TakeEntries() { return std::move(entries_); }

 private:
  std::vector<ViewBatch::Entry> entries_;
  absl::flat_hash_map<uint64_t, size_t> places_;
  bool records_ = false;
};

absl::Status UnknownOutcome(absl::string_view why) {
  return absl::UnknownError(
      absl::StrCat("it is unknown whether the view was counted, so it is not sent again: ", why));
}

}  // namespace

ViewRecorder::ViewRecorder(Settings settings, ViewLedger& ledger, const Clock& clock, Sleeper& sleeper)
    : settings_(settings),
      ledger_(ledger),
      clock_(clock),
      sleeper_(sleeper),
      backoff_(settings.backoff),
      threads_(kThreads),
      batcher_(
          {.max_batch = settings.max_batch, .max_queued = settings.max_queued},
          [this](std::vector<Ask> asks, Batcher<Ask>::Done done) {
            threads_.Post([this, asks = std::move(asks), done = std::move(done)] { Process(asks, done); });
          }) {}

ViewRecorder::~ViewRecorder() {
  batcher_.Close();
  batcher_.Drain();
}

absl::Status ViewRecorder::Submit(std::vector<uint64_t> ids, bool record, Callback callback) {
  const size_t weight = ids.size();
  return batcher_.Add(Ask{.ids = std::move(ids), .record = record, .callback = std::move(callback)}, weight);
}

void ViewRecorder::Process(const std::vector<Ask>& asks, const Batcher<Ask>::Done& done) {
  Coalesced coalesced;
  for (const Ask& ask : asks) coalesced.Add(ask.ids, ask.record);
  ViewBatch batch{.writer = settings_.writer, .entries = coalesced.TakeEntries()};
  if (coalesced.records()) batch.seq = ++seq_;
  const absl::StatusOr<ViewReply> reply = Record(batch);
  done();

  // Views left of each article: what a caller does not count of the total.
  std::vector<ViewBatch::Entry>& left = batch.entries;
  for (const Ask& ask : asks) {
    if (!reply.ok()) {
      ask.callback(reply.status());
      continue;
    }
    RecordedViews outcome{.state = reply->state};
    outcome.views.reserve(ask.ids.size());
    for (uint64_t id : ask.ids) {
      const size_t place = coalesced.place(id);
      if (ask.record) --left[place].views;
      outcome.views.push_back(
          {.pending = reply->counts[place], .later_views = ask.record ? left[place].views : 0});
    }
    ask.callback(outcome);
  }
}

absl::StatusOr<ViewReply> ViewRecorder::Record(ViewBatch& batch) {
  if (away_.has_value() && clock_.Elapsed() < next_attempt_) return *away_;
  absl::Status last_call;
  absl::StatusOr<ViewReply> reply = Attempts(batch, last_call);
  NoteOutcome(last_call);
  return reply;
}

// Why each repetition is allowed: after UNAVAILABLE nothing was done; after UNKNOWN the same seq in the same
// life is refused by the ledger if its first try arrived; in another life nothing was added, and the batch
// goes there only if no earlier try can have been.
absl::StatusOr<ViewReply> ViewRecorder::Attempts(ViewBatch& batch, absl::Status& last_call) {
  const absl::Duration deadline =
      clock_.Elapsed() + (away_.has_value() ? absl::ZeroDuration() : settings_.retry_for);
  Backoff backoff(settings_.backoff);
  bool unknown = false;
  batch.life = life();
  for (;;) {
    absl::StatusOr<ViewReply> reply = ledger_.Record(batch);
    last_call = reply.status();
    if (reply.ok()) {
      life_.store(reply->state.life, std::memory_order_relaxed);
      if (!reply->other_life(batch)) return reply;
      if (unknown) return UnknownOutcome("the data in Redis was replaced meanwhile");
      batch.life = reply->state.life;
      continue;
    }
    unknown = unknown || (absl::IsUnknown(reply.status()) && batch.seq != 0);
    const bool worth_retrying = absl::IsUnknown(reply.status()) || absl::IsUnavailable(reply.status());
    if (!worth_retrying || clock_.Elapsed() >= deadline || !sleeper_.SleepFor(backoff.Next())) {
      if (unknown) return UnknownOutcome(reply.status().message());
      return absl::UnavailableError(absl::StrCat("nothing was counted: ", reply.status().message()));
    }
  }
}

void ViewRecorder::NoteOutcome(const absl::Status& status) {
  healthy_.store(status.ok(), std::memory_order_relaxed);
  if (status.ok()) {
    if (away_.has_value()) Log(LogLevel::kInfo, "redis_back");
    away_.reset();
    backoff_.Reset();
    return;
  }
  if (!away_.has_value()) Log(LogLevel::kWarning, "redis_lost", {{"error", status}});
  // Whoever is refused until the next attempt was not part of this one.
  away_ = absl::UnavailableError(absl::StrCat("nothing was counted, Redis is away: ", status.message()));
  next_attempt_ = clock_.Elapsed() + backoff_.Next();
}

}  // namespace readcount
