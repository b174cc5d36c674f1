#include "services/article/view_recorder.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/article/coalesced_views.h"
#include "services/common/base/fail_point.h"
#include "services/common/base/log.h"
#include "services/common/rpc/view_outcome.h"

namespace readcount {
namespace {

// From so many ids an ask on, the other thread calls Redis while this one answers: streamed batches gain a
// tenth by it. Single ids lose a fifth, for then gRPC's locks on the connections are contended; and their
// next batch grows while this one is answered.
constexpr size_t kManyIds = 16;

// How often Redis may begin another life during one attempt.
constexpr int kMaxChanges = 5;

absl::Status UnknownOutcome(absl::string_view why) {
  return absl::UnknownError(
      absl::StrCat("it is unknown whether the view was counted, so it is not sent again: ", why));
}

}  // namespace

ViewRecorder::ViewRecorder(Settings settings, ViewLedger& ledger, LifeRegistry& registry, Spool* spool,
                           const std::vector<SpooledWriter>& left, const Clock& clock, Sleeper& sleeper)
    : settings_(settings),
      registry_(registry),
      spool_(spool),
      clock_(clock),
      sleeper_(sleeper),
      journal_(settings.journal_entries),
      writer_(settings.writer, /*life=*/0, ledger, registry, journal_,
              [this](uint64_t life, const WriterStanding& ended) {
                return spool_ == nullptr ? absl::OkStatus() : spool_->SetLife(settings_.writer, life, ended);
              }),
      predecessors_(left, settings.journal_entries, settings.keep_journal, ledger, registry, spool),
      backoff_(settings.backoff),
      standing_thread_(1),
      threads_{ThreadPool(1), ThreadPool(1)},
      batcher_({.max_batch = settings.max_batch, .max_queued = settings.max_queued},
               [this](std::vector<Ask> asks, Batcher<Ask>::Done done) {
                 Send(std::move(asks), std::move(done));
               }) {
  absl::MutexLock lock(&status_mutex_);
  status_.redis = absl::UnavailableError("not asked yet");
  status_.holds = spool != nullptr;
}

ViewRecorder::~ViewRecorder() {
  batcher_.Close();
  batcher_.Drain();
}

absl::Status ViewRecorder::Submit(Ids ids, bool record, Callback callback, Waits waits) {
  const size_t weight = ids.size();
  Ask ask{.ids = std::move(ids),
          .record = record,
          .callback = std::move(callback),
          .waits = waits,
          .asked = clock_.Elapsed()};
  absl::Status taken = batcher_.Add(std::move(ask), weight);
  if (record && !taken.ok()) tally_.refused.Add(weight);
  return taken;
}

RecorderStatus ViewRecorder::status() const {
  absl::MutexLock lock(&status_mutex_);
  return status_;
}

void ViewRecorder::Send(std::vector<Ask> asks, Batcher<Ask>::Done done) {
  if (IsAlone(asks)) return Process(std::move(asks), done);
  threads_[turn_].Post(
      [this, asks = std::move(asks), done = std::move(done)]() mutable { Process(std::move(asks), done); });
}

// One id, as the batch before it was, asked for after a rest of at least half of what that one took. Others
// are not about to ask, so that nothing is gained by waiting for Redis on another thread, and a lone request
// takes a twelfth less time without the ways there and back. Who asks on and on without waiting for answers
// leaves no such rest, and what waited here for another batch goes on elsewhere. Redis answered that batch,
// so that it is most likely all that is waited for.
bool ViewRecorder::IsAlone(const std::vector<Ask>& asks) const {
  const Ask& ask = asks.front();
  if (asks.size() != 1 || ask.ids.size() != 1 || ask.waits != Waits::kHere || settings_.keep_journal)
    return false;
  return last_batch_.ids == 1 && last_batch_.answered && !doubted_.load(std::memory_order_relaxed) &&
         2 * (ask.asked - last_batch_.ended) > last_batch_.took;
}

void ViewRecorder::Process(std::vector<Ask> asks, const Batcher<Ask>::Done& done) {
  const absl::Duration began = clock_.Elapsed();
  size_t ids = 0;
  for (const Ask& ask : asks) ids += ask.ids.size();
  CoalescedViews coalesced(ids);
  for (const Ask& ask : asks) coalesced.Add(ask.ids, ask.record);
  TakeStandings();
  LookIntoDoubts();
  const absl::StatusOr<Recorded> recorded = Record(coalesced.records(), coalesced.entries());
  const absl::Duration took = clock_.Elapsed() - began;
  NoteJournal();
  CountViews(coalesced.entries(), recorded);
  const auto note_end = [&] {
    const bool answered = recorded.ok() && !recorded->held;
    last_batch_ = {.ids = ids, .answered = answered, .took = took, .ended = clock_.Elapsed()};
  };
  if (ids < kManyIds * asks.size()) {
    Answer(asks, coalesced, recorded);
    // Their clients ask again at once: let the threads that read what they ask have their turn first. A
    // fuller batch costs each view a fifteenth less CPU, and nothing where nobody else is ready to run; where
    // others than those are, another server on the same core, the batch waits for their turn as well.
    if (asks.size() > 1) std::this_thread::yield();
    note_end();
    done();
    return;
  }
  turn_ = 1 - turn_;
  note_end();
  done();
  Answer(asks, coalesced, recorded);
}

void ViewRecorder::Answer(std::vector<Ask>& asks, const CoalescedViews& coalesced,
                          const absl::StatusOr<Recorded>& recorded) {
  // Views left of each article: what the next caller does not count of the total.
  std::vector<uint64_t> left;
  left.reserve(coalesced.entries().size());
  for (const ViewBatch::Entry& entry : coalesced.entries()) left.push_back(entry.views);
  const uint32_t* place = coalesced.places().data();
  for (Ask& ask : asks) {
    if (!recorded.ok() || (recorded->held && !ask.record)) {
      ask.callback(recorded.ok() ? absl::UnavailableError("Redis is away") : recorded.status());
      continue;
    }
    RecordedViews outcome{
        .held = recorded->held, .history = recorded->history, .state = recorded->reply.state};
    if (outcome.held) {
      ask.callback(outcome);
      continue;
    }
    outcome.views.reserve(ask.ids.size());
    for (size_t i = 0; i < ask.ids.size(); ++i, ++place) {
      if (ask.record) --left[*place];
      PendingCount pending = recorded->reply.counts[*place];
      pending.refused = pending.refused && ask.record;
      outcome.views.push_back({.pending = pending, .later_views = ask.record ? left[*place] : 0});
    }
    ask.callback(outcome);
  }
}

absl::StatusOr<ViewRecorder::Recorded> ViewRecorder::Record(bool adds,
                                                            const std::vector<ViewBatch::Entry>& entries) {
  if (away_.has_value() && !TryToComeBack()) {
    if (adds && spool_ != nullptr) return Hold(entries);
    return *away_;
  }
  if (!adds) return Attempts(0, entries);
  const uint64_t seq = seq_ + 1;
  if (settings_.keep_journal) {
    absl::Status kept = AddToSpool(entries, std::vector<uint64_t>(entries.size(), seq));
    if (!kept.ok()) return kept;
  }
  seq_ = seq;
  journal_.Append(seq, entries);
  return Attempts(seq, entries);
}

// Whether Redis, which was away, is back and has been brought what was held for it.
bool ViewRecorder::TryToComeBack() {
  if (clock_.Elapsed() < next_attempt_) return false;
  const absl::StatusOr<ViewReply> reply = TryOnce(0, {});
  NoteOutcome(reply.status());
  if (reply.ok()) Recovered(*reply);
  return reply.ok();
}

// Why each repetition is allowed: after UNAVAILABLE nothing was done; after UNKNOWN the same seq in the same
// life is refused by the ledger if its first try arrived; and before the writer goes on in another life, the
// one in which it may have arrived is closed, so that MySQL tells.
absl::StatusOr<ViewRecorder::Recorded> ViewRecorder::Attempts(uint64_t seq,
                                                              const std::vector<ViewBatch::Entry>& entries) {
  const absl::Duration deadline =
      clock_.Elapsed() + (spool_ != nullptr ? absl::ZeroDuration() : settings_.retry_for);
  Backoff backoff(settings_.backoff);
  bool unknown = false;
  // With a spool one more try, at once, for a connection that broke while it was idle.
  for (int tries = 1;; ++tries) {
    absl::StatusOr<ViewReply> reply = TryOnce(seq, entries);
    NoteOutcome(reply.status());
    if (reply.ok()) {
      Recovered(*reply);
      return Recorded{.history = CurrentHistory(), .reply = *std::move(reply)};
    }
    unknown = unknown || (seq != 0 && (absl::IsUnknown(reply.status()) || absl::IsInternal(reply.status())));
    const bool worth_retrying = absl::IsUnknown(reply.status()) || absl::IsUnavailable(reply.status());
    if (worth_retrying && spool_ != nullptr && tries == 1) continue;
    if (!worth_retrying || clock_.Elapsed() >= deadline || !sleeper_.SleepFor(backoff.Next())) {
      return GiveUp(seq, entries, unknown, reply.status());
    }
  }
}

absl::StatusOr<ViewReply> ViewRecorder::TryOnce(uint64_t seq, const std::vector<ViewBatch::Entry>& entries) {
  // A second time if Redis began another life meanwhile; what is asked again is recorded once all the same.
  for (int tries = 0; tries < kMaxChanges; ++tries) {
    if (absl::Status status = predecessors_.CatchUp(); !status.ok()) return status;
    absl::StatusOr<ViewReply> reply = writer_.Record(seq, entries);
    if (!reply.ok() || predecessors_.AreIn(writer_.life())) return reply;
  }
  constexpr char kWhy[] = "Redis changes its data again and again";
  return seq != 0 ? absl::UnknownError(kWhy) : absl::UnavailableError(kWhy);
}

void ViewRecorder::FallOutOfStep() {
  writer_.FallOutOfStep();
  predecessors_.FallOutOfStep();
}

void ViewRecorder::LookIntoDoubts() {
  if (clock_.Elapsed() < next_doubt_ || !doubted_.exchange(false, std::memory_order_relaxed)) return;
  next_doubt_ = clock_.Elapsed() + kBetweenDoubts;
  FallOutOfStep();
}

// Whatever one of the writers has missed, counts that were read before are void.
History ViewRecorder::CurrentHistory() const {
  History history = writer_.history();
  history.breaks += predecessors_.breaks();
  return history;
}

absl::StatusOr<ViewRecorder::Recorded> ViewRecorder::GiveUp(uint64_t seq,
                                                            const std::vector<ViewBatch::Entry>& entries,
                                                            bool unknown, const absl::Status& why) {
  if (seq != 0 && spool_ != nullptr) {
    absl::Status kept = settings_.keep_journal
                            ? absl::OkStatus()
                            : AddToSpool(entries, std::vector<uint64_t>(entries.size(), seq));
    if (kept.ok()) return Recorded{.held = true};
    if (!unknown) {
      journal_.ForgetLast();
      return kept;
    }
  }
  if (unknown) return UnknownOutcome(why.message());
  if (seq != 0) journal_.ForgetLast();
  return absl::UnavailableError(absl::StrCat(kNothingCounted, ": ", why.message()));
}

absl::StatusOr<ViewRecorder::Recorded> ViewRecorder::Hold(const std::vector<ViewBatch::Entry>& entries) {
  std::vector<ViewBatch::Entry> views;
  for (const ViewBatch::Entry& entry : entries) {
    if (entry.views > 0) views.push_back(entry);
  }
  const std::vector<uint64_t> seqs = journal_.PlanHold(seq_ + 1, views);
  FailPoint("article.before_hold");
  if (absl::Status status = AddToSpool(views, seqs); !status.ok()) return status;
  FailPoint("article.after_hold");
  journal_.Hold(views, seqs);
  for (uint64_t seq : seqs) seq_ = std::max(seq_, seq);
  return Recorded{.held = true};
}

absl::Status ViewRecorder::AddToSpool(const std::vector<ViewBatch::Entry>& entries,
                                      const std::vector<uint64_t>& seqs) {
  std::vector<SpooledViews> views;
  views.reserve(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].views > 0)
      views.push_back({.seq = seqs[i], .id = entries[i].id, .views = entries[i].views});
  }
  spool_outcome_ = spool_->Add(settings_.writer, views);
  if (spool_outcome_.ok()) spooled_views_ += SumViews(entries);
  return spool_outcome_;
}

// Redis has everything now.
void ViewRecorder::Recovered(const ViewReply& reply) {
  const History history = CurrentHistory();
  bool new_life = false;
  {
    absl::MutexLock lock(&status_mutex_);
    new_life = std::exchange(history_, history).life != history.life;
  }
  // Nothing is left for it to take.
  if (!settings_.keep_journal) spool_outcome_ = absl::OkStatus();
  if (spooled_views_ > 0 && !settings_.keep_journal) {
    FailPoint("article.after_replay");
    const absl::Status dropped = spool_->Drop(settings_.writer, seq_);
    // What stays is recorded again by nobody, for Redis knows its seqs.
    if (!dropped.ok()) Log(LogLevel::kWarning, "spool_not_emptied", {{"error", dropped}});
  }
  spooled_views_ = 0;
  // A batch has left Redis since, so MySQL has more of the journal.
  if (new_life || reply.state.oldest_epoch() > trimmed_epoch_) {
    trimmed_epoch_ = reply.state.oldest_epoch();
    standing_thread_.Post([this, life = reply.state.life, writers = WritersWithBatches()] {
      for (uint64_t writer : writers) ReadStanding(life, writer);
    });
  }
}

std::vector<uint64_t> ViewRecorder::WritersWithBatches() const {
  std::vector<uint64_t> writers;
  if (!journal_.empty()) writers.push_back(settings_.writer);
  predecessors_.AddWriters(writers);
  return writers;
}

void ViewRecorder::ReadStanding(uint64_t life, uint64_t writer) {
  const absl::StatusOr<WriterStanding> standing = registry_.Read(life, writer);
  // Only memory is at stake: the next release asks again.
  if (!standing.ok()) return;
  absl::MutexLock lock(&standings_mutex_);
  standings_.push_back({.life = life, .writer = writer, .standing = *standing});
}

void ViewRecorder::TakeStandings() {
  std::vector<FoundStanding> found;
  {
    absl::MutexLock lock(&standings_mutex_);
    found.swap(standings_);
  }
  for (const FoundStanding& each : found) {
    if (each.writer == settings_.writer && each.life == writer_.life()) {
      journal_.Trim(each.standing);
    } else if (!predecessors_.Trim(each.life, each.writer, each.standing)) {
      continue;
    }
    if (settings_.keep_journal) spool_->Trim(each.writer, each.standing).IgnoreError();
  }
  predecessors_.LetGo();
}

void ViewRecorder::NoteOutcome(const absl::Status& status) {
  if (status.ok()) {
    if (away_.has_value()) Log(LogLevel::kInfo, "redis_back");
    away_.reset();
    backoff_.Reset();
    return;
  }
  FallOutOfStep();
  if (!away_.has_value()) Log(LogLevel::kWarning, "redis_lost", {{"error", status}});
  // Whoever is refused until the next attempt was not part of this one.
  away_ = absl::UnavailableError(absl::StrCat(kNothingCounted, ", Redis is away: ", status.message()));
  next_attempt_ = clock_.Elapsed() + backoff_.Next();
}

void ViewRecorder::NoteJournal() {
  if (journal_.forgotten_views() > forgotten_views_) {
    Log(LogLevel::kError, "journal_full",
        {{"forgotten_views", journal_.forgotten_views() - forgotten_views_},
         {"meaning", "should Redis lose its past before the next sync, these views are lost"}});
    forgotten_views_ = journal_.forgotten_views();
  }
  absl::MutexLock lock(&status_mutex_);
  status_.redis = away_.value_or(absl::OkStatus());
  status_.spool = spool_outcome_;
  status_.held_views = spooled_views_ + predecessors_.spooled_views();
  status_.journal_entries = journal_.entries();
  status_.replayed_views = writer_.replayed_views() + predecessors_.replayed_views();
  status_.life_changes = writer_.life_changes();
  status_.losses = writer_.losses();
  status_.forgotten_views = forgotten_views_;
}

void ViewRecorder::CountViews(const std::vector<ViewBatch::Entry>& entries,
                              const absl::StatusOr<Recorded>& recorded) {
  const uint64_t views = SumViews(entries);
  if (views == 0) return;
  tally_.batches.Observe(static_cast<double>(views));
  if (!recorded.ok())
    return (absl::IsUnknown(recorded.status()) ? tally_.unknown : tally_.refused).Add(views);
  if (recorded->held) return tally_.held.Add(views);
  uint64_t refused = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (recorded->reply.counts[i].refused) refused += entries[i].views;
  }
  tally_.refused.Add(refused);
  tally_.recorded.Add(views - refused);
}

}  // namespace readcount
