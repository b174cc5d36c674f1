#include "services/syncer/proto_convert.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "services/common/durability/proto_convert.h"
#include "services/common/ledger/state.h"
#include "services/syncer/batch.h"

namespace readcount {
namespace {

using google::protobuf::util::TimeUtil;

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time));
}

v1::SyncPhase ToProto(SyncPhase phase) {
  switch (phase) {
    case SyncPhase::kIdle:
      return v1::SYNC_PHASE_IDLE;
    case SyncPhase::kRecovering:
      return v1::SYNC_PHASE_RECOVERING;
    case SyncPhase::kSealing:
      return v1::SYNC_PHASE_SEALING;
    case SyncPhase::kApplying:
      return v1::SYNC_PHASE_APPLYING;
    case SyncPhase::kReleasing:
      return v1::SYNC_PHASE_RELEASING;
    case SyncPhase::kBackingOff:
      return v1::SYNC_PHASE_BACKING_OFF;
  }
  return v1::SYNC_PHASE_UNSPECIFIED;
}

struct Reason {
  v1::DeadLetterReason value;
  absl::string_view text;
};
constexpr Reason kReasons[] = {{v1::DEAD_LETTER_REASON_NOT_AN_ARTICLE_ID, kNotAnArticleId},
                               {v1::DEAD_LETTER_REASON_NOT_A_NUMBER, kNotANumber},
                               {v1::DEAD_LETTER_REASON_NO_SUCH_ARTICLE, kNoSuchArticle},
                               {v1::DEAD_LETTER_REASON_OVERFLOW, kOverflow},
                               {v1::DEAD_LETTER_REASON_NEGATIVE_RESULT, kNegativeResult}};

}  // namespace

absl::string_view FromProto(v1::DeadLetterReason reason) {
  const auto* found = std::ranges::find(kReasons, reason, &Reason::value);
  return found == std::end(kReasons) ? absl::string_view() : found->text;
}

void ToProto(const RunRecord& from, v1::SyncRun& to) {
  to.set_id(from.id);
  *to.mutable_started_at() = ToTimestamp(from.started_at);
  *to.mutable_finished_at() = ToTimestamp(from.finished_at);
  *to.mutable_duration() = TimeUtil::MicrosecondsToDuration(absl::ToInt64Microseconds(from.duration));
  to.set_outcome(from.succeeded ? v1::SYNC_OUTCOME_SUCCEEDED : v1::SYNC_OUTCOME_FAILED);
  to.set_articles(from.articles);
  to.set_views(Narrow(from.views));
  to.set_dead_letters(from.dead_letters);
  to.set_batches(from.batches);
  to.set_resumed(from.resumed);
  to.set_error(from.error);
  to.set_requested_by(from.requested_by);
}

void ToProto(const SyncSnapshot& from, v1::SyncStatus& to) {
  to.set_phase(ToProto(from.phase));
  to.set_articles_done(from.articles_done);
  to.set_articles_total(from.articles_total);
  to.set_views_done(Narrow(from.views_done));
  to.set_views_total(Narrow(from.views_total));
  to.set_lag_seconds(absl::ToDoubleSeconds(from.lag));
  to.set_pending_articles(from.pending_articles);
  to.set_views_recorded(from.views_recorded);
  if (from.last_run.has_value()) ToProto(*from.last_run, *to.mutable_last_run());
  if (from.next_run_at.has_value()) *to.mutable_next_run_at() = ToTimestamp(*from.next_run_at);
  to.set_last_error(from.last_error);
  to.set_consecutive_failures(from.consecutive_failures);
  if (from.ledger.life != 0) to.set_life(FormatLife(from.ledger.life));
  to.set_epoch(from.ledger.epoch);
  ToProto(from.durability, *to.mutable_durability());
  to.set_version(READCOUNT_VERSION);
}

void ToProto(const AuditReport& from, absl::Time read_at, v1::AuditResponse& to) {
  to.set_recorded(Narrow(from.recorded));
  to.set_added_by_others(Narrow(from.added_by_others));
  to.set_taken_by_others(Narrow(from.taken_by_others));
  to.set_applied(Narrow(from.applied));
  to.set_sealed(Narrow(from.sealed));
  to.set_live(Narrow(from.live));
  to.set_dead_lettered(Narrow(from.dead_lettered));
  to.set_difference(Narrow(from.difference()));
  to.set_dead_letters(from.dead_letters);
  *to.mutable_read_at() = ToTimestamp(read_at);
}

void ToProto(const KeptLetter& from, v1::DeadLetter& to) {
  to.set_id(from.id);
  to.set_field(from.field);
  to.set_value(from.value);
  to.set_views(from.views);
  const auto* reason = std::ranges::find(kReasons, absl::string_view(from.reason), &Reason::text);
  if (reason != std::end(kReasons)) to.set_reason(reason->value);
  *to.mutable_created_at() = ToTimestamp(from.created_at);
  to.set_life(FormatLife(from.life));
  to.set_epoch(from.epoch);
}

}  // namespace readcount
