#include "services/syncer/batch_run.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/base/fail_point.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

// Strays in one transaction.
constexpr size_t kStraysPerChunk = 1000;

absl::Status ShuttingDown() {
  return absl::UnavailableError("shutting down: the next run goes on");
}

}  // namespace

absl::Status BatchRun::Apply() {
  if (absl::Status status = ReadStanding(); !status.ok()) return status;
  Backoff backoff(settings_.backoff);
  int attempts = 0;
  while (standing_.position.epoch <= batch_.epoch) {
    if (stopping_) return ShuttingDown();
    const Position before = standing_.position;
    const absl::Status outcome = Step();
    if (absl::Status status = Settle(outcome); !status.ok()) return status;
    if (outcome.ok() || standing_.position != before) {
      attempts = 0;
      backoff.Reset();
      continue;
    }
    if (++attempts >= settings_.attempts) {
      return absl::UnavailableError(absl::StrCat("a chunk of batch ", batch_.epoch,
                                                 " found no way into MySQL in ", attempts,
                                                 " attempts: look for long transactions on articles"));
    }
    if (!sleeper_.SleepFor(backoff.Next())) return ShuttingDown();
  }
  ReportProgress();
  return absl::OkStatus();
}

absl::Status BatchRun::ReadStanding() {
  const absl::StatusOr<Standing> standing = store_.ReadStanding(batch_.life);
  if (!standing.ok()) return standing.status();
  standing_ = *standing;
  if (absl::Status status = CheckPast(); !status.ok()) return status;
  ReportProgress();
  return absl::OkStatus();
}

// A batch in Redis is either wholly, partly or not yet in MySQL under its own name. Anything else means that
// Redis was put back to an older state after MySQL had gone on.
absl::Status BatchRun::CheckPast() const {
  const Position& position = standing_.position;
  const bool beyond = position.epoch > batch_.epoch;
  const bool finished = position == Position{.epoch = batch_.epoch + 1};
  const bool begun = position.epoch == batch_.epoch && position.through_id != 0;
  const bool other = (finished || begun) && standing_.batch_name != batch_.name;
  if (!standing_.closed && !other && (!beyond || finished)) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("Redis holds batch ", batch_.epoch, " of life ", FormatLife(batch_.life), ", but MySQL ",
                   standing_.closed ? "has closed that life" : "has gone on by another batch",
                   ": Redis was put back to an old copy"));
}

absl::Status BatchRun::Step() {
  if (standing_.position.epoch < batch_.epoch) return SkipToBatch();
  if (standing_.position.through_id == 0 && !strays_buried_) return BuryStrays();
  strays_buried_ = true;
  return ApplyNextChunk();
}

// What a step's outcome means for the next one: after a lost COMMIT, or when another syncer was faster, only
// the standing tells where things are; after a deadlock the same step is made again.
absl::Status BatchRun::Settle(const absl::Status& outcome) {
  if (outcome.ok() || absl::IsAborted(outcome)) return absl::OkStatus();
  if (!absl::IsUnknown(outcome) && !absl::IsFailedPrecondition(outcome)) return outcome;
  Log(LogLevel::kWarning, "standing_read_again", {{"epoch", batch_.epoch}, {"reason", outcome}});
  const Position before = standing_.position;
  if (absl::Status status = ReadStanding(); !status.ok()) return status;
  // A precondition that failed for another reason than the position would fail for ever.
  return absl::IsFailedPrecondition(outcome) && standing_.position == before ? outcome : absl::OkStatus();
}

// Batches before this one have vanished from Redis without reaching MySQL: somebody deleted them there.
absl::Status BatchRun::SkipToBatch() {
  const Position to{.epoch = batch_.epoch, .through_id = 0};
  Log(LogLevel::kError, "batches_vanished",
      {{"life", FormatLife(batch_.life)},
       {"from_epoch", standing_.position.epoch},
       {"to_epoch", batch_.epoch}});
  pipeline_.Start({.life = batch_.life,
                   .epoch = batch_.epoch,
                   .batch_name = standing_.batch_name,
                   .from = standing_.position,
                   .to = to});
  const absl::Status status = pipeline_.FinishOldest().status();
  if (status.ok()) standing_.position = to;
  return status;
}

absl::Status BatchRun::BuryStrays() {
  const absl::Span<const DeadLetter> strays = content_.strays;
  for (size_t i = 0; i < strays.size(); i += kStraysPerChunk) {
    const absl::Span<const DeadLetter> letters = strays.subspan(i, kStraysPerChunk);
    if (absl::Status status = store_.Bury(batch_.life, batch_.epoch, letters); !status.ok()) return status;
  }
  // Not before all are: after an error they are buried again, and those already there left alone.
  report_.dead_letters += strays.size();
  FailPoint("sync.after_bury");
  if (!strays.empty())
    Log(LogLevel::kWarning, "strays_dead_lettered", {{"epoch", batch_.epoch}, {"fields", strays.size()}});
  strays_buried_ = true;
  return absl::OkStatus();
}

absl::Status BatchRun::ApplyNextChunk() {
  pace_.Look(ledger_);
  pace_.Begin();
  StartChunks();
  const absl::StatusOr<ChunkPipeline::Applied> applied = pipeline_.FinishOldest();
  if (!applied.ok()) {
    // What was begun after it goes on from a place that is not reached.
    pipeline_.RollBack();
    return applied.status();
  }
  Applied(applied->chunk, applied->outcome);
  pace_.Rest();
  return absl::OkStatus();
}

void BatchRun::StartChunks() {
  Position from = pipeline_.under_way() > 0 ? pipeline_.newest().to : standing_.position;
  while (from.epoch == batch_.epoch && pipeline_.under_way() < pace_.lanes(pipeline_.lanes())) {
    const Chunk chunk = NextChunk(from);
    pipeline_.Start(chunk);
    from = chunk.to;
  }
}

void BatchRun::Applied(const Chunk& chunk, const ChunkOutcome& outcome) {
  standing_.position = chunk.to;
  standing_.batch_name = chunk.batch_name;
  report_.articles += outcome.articles;
  report_.views += outcome.views;
  report_.dead_letters += outcome.dead_letters;
  ReportProgress();
  if (chunk.books.taken_by_others > 0) {
    Log(LogLevel::kWarning, "views_taken_by_others",
        {{"epoch", batch_.epoch}, {"views", ToText(chunk.books.taken_by_others)}});
  }
  Log(LogLevel::kDebug, "chunk_applied",
      {{"epoch", batch_.epoch},
       {"articles", outcome.articles},
       {"views", ToText(outcome.views)},
       {"dead_letters", outcome.dead_letters},
       {"through_id", chunk.to.through_id}});
}

Chunk BatchRun::NextChunk(const Position& from) const {
  const std::vector<Increment>& all = content_.increments;
  const auto begin =
      std::upper_bound(all.begin(), all.end(), from.through_id,
                       [](uint64_t id, const Increment& increment) { return id < increment.id; });
  const size_t left = all.end() - begin;
  const size_t size = std::min(left, pace_.chunk_articles());
  Chunk chunk{.life = batch_.life,
              .epoch = batch_.epoch,
              .batch_name = batch_.name,
              .from = from,
              .writers = batch_.writers};
  chunk.increments = absl::MakeConstSpan(all).subspan(begin - all.begin(), size);
  if (size == left) {
    chunk.to = {.epoch = batch_.epoch + 1, .through_id = 0};
    chunk.books = Books();
  } else {
    chunk.to = {.epoch = batch_.epoch, .through_id = chunk.increments.back().id};
  }
  return chunk;
}

BatchBooks BatchRun::Books() const {
  const WideViews others = content_.views - batch_.recorded;
  return {.recorded = batch_.recorded,
          .added_by_others = std::max<WideViews>(others, 0),
          .taken_by_others = std::max<WideViews>(-others, 0)};
}

void BatchRun::ReportProgress() {
  const std::vector<Increment>& all = content_.increments;
  size_t done = all.size();
  if (standing_.position.epoch < batch_.epoch) done = 0;
  if (standing_.position.epoch == batch_.epoch) {
    done = std::upper_bound(all.begin(), all.end(), standing_.position.through_id,
                            [](uint64_t id, const Increment& increment) { return id < increment.id; }) -
           all.begin();
  }
  WideViews views = 0;
  const size_t from = reported_;
  for (; reported_ < done; ++reported_) views += all[reported_].views;
  if (reported_ > from) observer_.OnProgress(reported_ - from, views);
}

}  // namespace readcount
