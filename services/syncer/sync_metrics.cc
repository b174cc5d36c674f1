#include "services/syncer/sync_metrics.h"

#include "services/common/durability/durability_metrics.h"

namespace readcount {
namespace {

constexpr MetricSpec kPhase = {"readcount_sync_phase", MetricKind::kGauge, "1 for what the syncer is at."};
constexpr MetricSpec kLag = {
    "readcount_sync_lag_seconds", MetricKind::kGauge,
    "So long ago everything that had been counted by then was brought to MySQL; 0 while nothing is pending."};
constexpr MetricSpec kPending = {"readcount_pending_articles", MetricKind::kGauge,
                                 "Articles with views in Redis that MySQL does not have."};
constexpr MetricSpec kFailures = {"readcount_sync_consecutive_failures", MetricKind::kGauge,
                                  "Runs that have failed since the last one that succeeded."};
constexpr MetricSpec kLastSuccess = {
    "readcount_sync_last_success_timestamp_seconds", MetricKind::kGauge,
    "When the last run that succeeded ended, in seconds since the Unix epoch; 0 before the first."};
constexpr MetricSpec kRuns = {"readcount_sync_runs_total", MetricKind::kCounter, "Runs that have ended."};
constexpr MetricSpec kResumed = {"readcount_sync_resumed_runs_total", MetricKind::kCounter,
                                 "Runs that finished a batch which an earlier one had left."};
constexpr MetricSpec kDuration = {"readcount_sync_run_duration_seconds", MetricKind::kHistogram,
                                  "How long runs took."};
constexpr MetricSpec kBatches = {"readcount_sync_batches_total", MetricKind::kCounter,
                                 "Batches of the ledger that were brought to MySQL and released."};
constexpr MetricSpec kArticles = {"readcount_sync_articles_total", MetricKind::kCounter,
                                  "Increments of articles that were applied."};
constexpr MetricSpec kViews = {
    "readcount_sync_views_total", MetricKind::kCounter,
    "Views that runs brought to MySQL; taken where others had taken more out of Redis than was added."};
constexpr MetricSpec kDeadLetters = {"readcount_dead_letters_total", MetricKind::kCounter,
                                     "Fields that could not be added to an article, by reason."};
constexpr MetricSpec kLettersPresent = {
    "readcount_dead_letters_present", MetricKind::kGauge,
    "Dead letters that wait to be retried or dropped, counted up to 10000, as last seen."};
constexpr MetricSpec kLettersRetried = {"readcount_dead_letters_retried_total", MetricKind::kCounter,
                                        "Dead letters that a retry added to their articles."};
constexpr MetricSpec kLettersDropped = {"readcount_dead_letters_dropped_total", MetricKind::kCounter,
                                        "Dead letters that were given up."};
constexpr MetricSpec kAudits = {"readcount_audits_total", MetricKind::kCounter,
                                "Audits that came to a result."};
constexpr MetricSpec kDifference = {
    "readcount_books_difference_views", MetricKind::kGauge,
    "Views that the last audit missed (above 0) or found too many (below 0); 0 before the first."};

// A server that is away is named, Redis before MySQL.
enum class Mode { kNormal, kRedisAway, kMysqlAway };
constexpr absl::string_view kModes[] = {"normal", "redis_away", "mysql_away"};

// In the order of SyncPhase.
constexpr absl::string_view kPhases[] = {"idle",     "recovering", "sealing",
                                         "applying", "releasing",  "backing_off"};

Mode ModeOf(bool redis, bool mysql) {
  if (!redis) return Mode::kRedisAway;
  return mysql ? Mode::kNormal : Mode::kMysqlAway;
}

}  // namespace

void SyncMetrics::Collect(MetricSink& sink) const {
  CollectStatus(sink);
  CollectRuns(sink);
  CollectLetters(sink);
  auth_.Collect(sink);
}

void SyncMetrics::CollectStatus(MetricSink& sink) const {
  const SyncSnapshot status = board_.Read();
  const bool redis = redis_, mysql = mysql_;
  AddMode(sink, kModes, static_cast<size_t>(ModeOf(redis, mysql)));
  AddServers(sink, redis, mysql);
  AddOneOf(sink, kPhase, "phase", kPhases, static_cast<size_t>(status.phase));
  sink.Add(kLag, absl::ToDoubleSeconds(status.lag));
  sink.Add(kPending, status.pending_articles);
  sink.Add(kFailures, status.consecutive_failures);
  CollectDurability(status.durability, sink);
}

void SyncMetrics::CollectRuns(MetricSink& sink) const {
  const SyncTally& tally = board_.tally();
  sink.Add(kRuns, tally.succeeded.value(), {{"outcome", "succeeded"}});
  sink.Add(kRuns, tally.failed.value(), {{"outcome", "failed"}});
  sink.Add(kLastSuccess, tally.last_success_at.load());
  sink.Add(kResumed, tally.resumed.value());
  sink.Add(kDuration, tally.durations);
  sink.Add(kBatches, tally.batches.value());
  sink.Add(kArticles, tally.articles.value());
  sink.Add(kViews, tally.views_added.value(), {{"direction", "added"}});
  sink.Add(kViews, tally.views_taken.value(), {{"direction", "taken"}});
  sink.Add(kAudits, tally.audits.value());
  sink.Add(kDifference, tally.difference.load());
}

void SyncMetrics::CollectLetters(MetricSink& sink) const {
  for (size_t i = 0; i < DeadLetterTally::kReasons.size(); ++i) {
    sink.Add(kDeadLetters, letters_.value(i), {{"reason", DeadLetterTally::kReasons[i]}});
  }
  sink.Add(kLettersPresent, letters_present_.load());
  sink.Add(kLettersRetried, left_.retried.value());
  sink.Add(kLettersDropped, left_.dropped.value());
}

}  // namespace readcount
