#include "services/article/ledger_writer.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/fail_point.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

// How often Redis may change its life, or lose its past, while a writer catches up.
constexpr int kMaxChanges = 5;

}  // namespace

absl::StatusOr<ViewReply> LedgerWriter::Record(uint64_t seq, const std::vector<ViewBatch::Entry>& entries) {
  for (int changes = 0; changes < kMaxChanges; ++changes) {
    if (absl::Status status = CatchUp(seq); !status.ok()) return status;
    // While catching up, the journal may have learnt that MySQL has a part of the batch.
    const ViewBatch batch{.life = life_,
                          .writer = writer_,
                          .seq = seq,
                          .after = last_seq_,
                          .entries = seq == 0 ? entries : Remaining(seq, entries)};
    FailPoint("article.before_record");
    absl::StatusOr<ViewReply> reply = ledger_.Record(batch);
    FailPoint("article.after_record");
    if (!reply.ok()) {
      FallOutOfStep();
      return reply;
    }
    if (!reply->other_life(batch)) {
      if (!Observe(*reply, batch)) {
        FallOutOfStep();
        continue;
      }
      if (seq != 0) ForgetRefused(batch, *reply);
      return reply;
    }
    FallOutOfStep();
  }
  // What was recorded in one of the lives may be counted yet.
  constexpr char kWhy[] = "Redis changes its data again and again";
  return seq != 0 ? absl::UnknownError(kWhy) : absl::UnavailableError(kWhy);
}

absl::Status LedgerWriter::CatchUp(uint64_t in_hand) {
  for (int changes = 0; !in_step_; ++changes) {
    if (changes == kMaxChanges) return absl::UnavailableError("Redis changes its data again and again");
    const absl::StatusOr<bool> caught_up = TryToCatchUp(in_hand);
    if (!caught_up.ok()) return caught_up.status();
    in_step_ = *caught_up;
  }
  return absl::OkStatus();
}

// What did not fit its callers are told, so it must not be recorded later.
void LedgerWriter::ForgetRefused(const ViewBatch& batch, const ViewReply& reply) {
  for (size_t i = 0; i < reply.counts.size(); ++i) {
    if (reply.counts[i].refused) journal_.Refuse(batch.seq, batch.entries[i].id);
  }
}

// False if Redis is in another life meanwhile.
absl::StatusOr<bool> LedgerWriter::TryToCatchUp(uint64_t in_hand) {
  const absl::StatusOr<ViewReply> asked = ledger_.Record({.writer = writer_});
  if (!asked.ok()) return asked.status();
  const LedgerState& state = asked->state;
  const absl::StatusOr<WriterStanding> standing = registry_.Read(state.life, writer_);
  if (IsOldCopy(state, standing)) {
    Log(LogLevel::kError, "redis_lost_its_past", {{"life", FormatLife(state.life)}, {"epoch", state.epoch}});
    if (absl::Status status = ledger_.Abandon(state); !status.ok()) return status;
    return false;
  }
  if (!standing.ok() && NeedsStanding(*asked, in_hand)) return standing.status();
  const bool elsewhere = state.life == life_ && (state != last_state_ || asked->previous_seq < last_seq_);
  if (state.life != life_) {
    if (absl::Status status = GoOnIn(state.life); !status.ok()) return status;
  } else if (standing.ok()) {
    journal_.Trim(*standing);
  }
  // Where it has moved on while nobody looked, it may have done so from an older state. That it does not know
  // the writer proves nothing: it forgets those that were silent for long.
  if (Observe(*asked, {.after = asked->previous_seq == 0 ? 0 : last_seq_}) && elsewhere) ++breaks_;
  return Replay(*asked, in_hand);
}

// MySQL knows best. While it is away, what Redis itself said before tells much.
bool LedgerWriter::IsOldCopy(const LedgerState& state, const absl::StatusOr<WriterStanding>& standing) const {
  if (standing.ok()) return standing->closed || standing->begun_epoch() >= state.epoch;
  return state.life == life_ && state.epoch <= floor_;
}

// Compares where Redis stands with where it stood. False if it has forgotten something: what caches know of
// its epochs is void then, whatever the journal brings back.
bool LedgerWriter::Observe(const ViewReply& reply, const ViewBatch& batch) {
  const bool sound = !reply.lacks_past(batch) && reply.state.epoch >= last_state_.epoch;
  if (!sound) {
    ++breaks_;
    ++losses_;
    Log(LogLevel::kError, "redis_put_back", {{"life", FormatLife(life_)}, {"epoch", reply.state.epoch}});
  }
  last_state_ = reply.state;
  last_seq_ = std::max(reply.previous_seq, reply.lacks_past(batch) ? 0 : batch.seq);
  floor_ = std::max(floor_, reply.state.oldest_epoch() - 1);
  return sound;
}

// Whether MySQL must tell what it has before anything is recorded.
//
// In another life it must if there is anything to bring. Otherwise the life is taken as it is: whatever the
// writer records in an old copy stays in its journal until MySQL has it under this writer's seqs, and the
// syncer will find the copy out.
//
// In the same life it must if Redis, which forgets writers that were silent for long, does not know this one,
// though it may have recorded before.
bool LedgerWriter::NeedsStanding(const ViewReply& asked, uint64_t in_hand) const {
  if (asked.state.life != life_) return !journal_.empty();
  if (asked.previous_seq != 0) return false;
  return std::any_of(journal_.batches().begin(), journal_.batches().end(),
                     [in_hand](const Journal::Batch& batch) { return batch.sent && batch.seq != in_hand; });
}

absl::Status LedgerWriter::GoOnIn(uint64_t life) {
  WriterStanding ended;
  if (life_ != 0) {
    const absl::StatusOr<WriterStanding> final = registry_.Close(life_, writer_);
    if (final.ok()) {
      ended = *final;
      journal_.Trim(ended);
    } else if (!journal_.empty()) {
      return final.status();
    }
    FailPoint("article.after_close_life");
    ++life_changes_;
    Log(LogLevel::kError, "redis_life_changed",
        {{"from", FormatLife(life_)},
         {"to", FormatLife(life)},
         {"batches_to_replay", journal_.batches().size()}});
  }
  if (absl::Status status = observer_(life, ended); !status.ok()) return status;
  // One that comes back is another history than when it was last seen.
  if (life_ != 0) ++breaks_;
  life_ = life;
  last_state_ = {};
  last_seq_ = floor_ = 0;
  return absl::OkStatus();
}

absl::StatusOr<bool> LedgerWriter::Replay(const ViewReply& asked, uint64_t in_hand) {
  // Batches that are on their way now must stay as they are: a reply may be lost.
  journal_.StopHolding();
  for (const Journal::Batch& batch : journal_.batches()) {
    if (batch.seq <= asked.previous_seq || batch.seq == in_hand) continue;
    const ViewBatch again{
        .life = life_, .writer = writer_, .seq = batch.seq, .after = last_seq_, .entries = batch.entries};
    const absl::StatusOr<ViewReply> reply = ledger_.Record(again);
    FailPoint("article.mid_replay");
    if (!reply.ok()) return reply.status();
    if (reply->other_life(again) || !Observe(*reply, again)) return false;
    const auto refused = std::count_if(reply->counts.begin(), reply->counts.end(),
                                       [](const PendingCount& count) { return count.refused; });
    if (refused > 0)
      Log(LogLevel::kError, "replay_refused",
          {{"articles", refused}, {"meaning", "they have as many pending views as fit; these are lost"}});
    replayed_views_ += SumViews(batch.entries);
  }
  return true;
}

// The views of `entries` that the journal still holds under `seq`; of the others only the counts are asked
// for.
std::vector<ViewBatch::Entry> LedgerWriter::Remaining(uint64_t seq,
                                                      std::vector<ViewBatch::Entry> entries) const {
  const Journal::Batch* batch = journal_.Find(seq);
  absl::flat_hash_map<uint64_t, uint64_t> held;
  if (batch != nullptr) {
    if (batch->whole) return entries;
    for (const ViewBatch::Entry& entry : batch->entries) held.emplace(entry.id, entry.views);
  }
  for (ViewBatch::Entry& entry : entries) {
    const auto found = held.find(entry.id);
    entry.views = found == held.end() ? 0 : found->second;
  }
  return entries;
}

}  // namespace readcount
