#include "services/article/article_metrics.h"

#include "services/common/durability/durability_metrics.h"

namespace readcount {
namespace {

constexpr MetricSpec kViews = {"readcount_views_total", MetricKind::kCounter,
                               "Views that callers brought, by what became of them: recorded in Redis and "
                               "held in the spool are acknowledged, "
                               "refused are not counted, unknown may have been counted once."};
constexpr MetricSpec kBatchViews = {"readcount_record_batch_views", MetricKind::kHistogram,
                                    "Views that share one call to Redis, or one write to the spool."};
constexpr MetricSpec kReplayed = {
    "readcount_replayed_views_total", MetricKind::kCounter,
    "Views recorded again in a Redis that lost its past, or for the first time after they were held."};
constexpr MetricSpec kLifeChanges = {
    "readcount_life_changes_total", MetricKind::kCounter,
    "How often Redis came back with other data, so that views had to be recorded again."};
constexpr MetricSpec kLosses = {"readcount_redis_losses_total", MetricKind::kCounter,
                                "Times that Redis was found to have forgotten something of the present life: "
                                "put back to an older state."};
constexpr MetricSpec kSpoolViews = {"readcount_spool_views", MetricKind::kGauge,
                                    "Views in the spool that are to be recorded when Redis is back."};
constexpr MetricSpec kSpoolBytes = {"readcount_spool_bytes", MetricKind::kGauge, "Used of the spool."};
constexpr MetricSpec kSpoolMaxBytes = {"readcount_spool_max_bytes", MetricKind::kGauge,
                                       "Bound of the spool; 0 if there is none."};
constexpr MetricSpec kSpoolFailing = {"readcount_spool_failing", MetricKind::kGauge,
                                      "1 if the spool took no views when it was last given some."};
constexpr MetricSpec kJournalEntries = {
    "readcount_journal_entries", MetricKind::kGauge,
    "Articles with views that could be recorded again, should Redis lose them."};
constexpr MetricSpec kJournalMaxEntries = {"readcount_journal_max_entries", MetricKind::kGauge,
                                           "Bound of the journal; beyond it the oldest views are forgotten."};
constexpr MetricSpec kJournalForgotten = {
    "readcount_journal_forgotten_views_total", MetricKind::kCounter,
    "Views that the journal forgot at its bound: Redis alone has them until the next sync."};
constexpr MetricSpec kLookups = {"readcount_cache_lookups_total", MetricKind::kCounter,
                                 "Articles looked for in the cache: hit; expired, whose text is read again; "
                                 "absent, known not to exist; miss."};
constexpr MetricSpec kLoads = {"readcount_cache_loads_total", MetricKind::kCounter,
                               "Articles read from MySQL, by whether there was one."};
constexpr MetricSpec kEvictions = {"readcount_cache_evictions_total", MetricKind::kCounter,
                                   "Articles that left the cache for others."};
constexpr MetricSpec kCacheArticles = {"readcount_cache_articles", MetricKind::kGauge,
                                       "Articles in the cache."};
constexpr MetricSpec kCacheAbsent = {"readcount_cache_absent_ids", MetricKind::kGauge,
                                     "Ids that the cache knows not to exist."};
constexpr MetricSpec kCacheBytes = {"readcount_cache_bytes", MetricKind::kGauge,
                                    "Memory used by the articles in the cache."};
constexpr MetricSpec kCacheMaxBytes = {"readcount_cache_max_bytes", MetricKind::kGauge,
                                       "Bound of the cache."};

// In the order of ArticleMode.
constexpr absl::string_view kModes[] = {"normal", "redis_away_views_held", "redis_away_views_refused",
                                        "mysql_away"};

}  // namespace

void ArticleMetrics::Collect(MetricSink& sink) const {
  CollectStatus(sink);
  CollectViews(sink);
  CollectCache(sink);
}

void ArticleMetrics::CollectStatus(MetricSink& sink) const {
  const ArticleStatus status = status_.Read();
  const RecorderStatus& recorder = status.recorder;
  AddMode(sink, kModes, static_cast<size_t>(status.mode));
  AddServers(sink, recorder.redis.ok(), status.mysql.ok());
  sink.Add(kReplayed, recorder.replayed_views);
  sink.Add(kLifeChanges, recorder.life_changes);
  sink.Add(kLosses, recorder.losses);
  sink.Add(kSpoolViews, recorder.held_views);
  sink.Add(kSpoolBytes, status.spool_bytes);
  sink.Add(kSpoolMaxBytes, status.spool_max_bytes);
  sink.Add(kSpoolFailing, !recorder.spool.ok());
  sink.Add(kJournalEntries, recorder.journal_entries);
  sink.Add(kJournalMaxEntries, status.journal_max_entries);
  sink.Add(kJournalForgotten, recorder.forgotten_views);
  CollectDurability(status.durability, sink);
}

void ArticleMetrics::CollectViews(MetricSink& sink) const {
  const ViewTally& tally = recorder_.tally();
  sink.Add(kViews, tally.recorded.value(), {{"outcome", "recorded"}});
  sink.Add(kViews, tally.held.value(), {{"outcome", "held"}});
  sink.Add(kViews, tally.refused.value(), {{"outcome", "refused"}});
  sink.Add(kViews, tally.unknown.value(), {{"outcome", "unknown"}});
  sink.Add(kBatchViews, tally.batches);
}

void ArticleMetrics::CollectCache(MetricSink& sink) const {
  const ArticleCache::Stats cache = cache_.stats();
  sink.Add(kLookups, cache.hits, {{"result", "hit"}});
  sink.Add(kLookups, cache.expired, {{"result", "expired"}});
  sink.Add(kLookups, cache.absent, {{"result", "absent"}});
  sink.Add(kLookups, cache.misses, {{"result", "miss"}});
  sink.Add(kLoads, cache.loaded, {{"result", "article"}});
  sink.Add(kLoads, cache.loaded_absent, {{"result", "absent"}});
  sink.Add(kEvictions, cache.evicted);
  sink.Add(kCacheArticles, cache.articles);
  sink.Add(kCacheAbsent, cache.absent_ids);
  sink.Add(kCacheBytes, cache.bytes);
  sink.Add(kCacheMaxBytes, cache.max_bytes);
}

}  // namespace readcount
