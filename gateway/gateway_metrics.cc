#include "gateway/gateway_metrics.h"

#include <array>
#include <string>

namespace readcount::gateway {
namespace {

constexpr MetricSpec kReachable = {
    "readcount_service_reachable", MetricKind::kGauge,
    "0 from a failed attempt to connect to the service until one succeeds; 1 otherwise."};
constexpr MetricSpec kRequests = {"readcount_http_requests_total", MetricKind::kCounter,
                                  "Requests answered, by route and class of status; route none is for "
                                  "unknown paths and for what is no request."};
constexpr MetricSpec kInFlight = {"readcount_http_requests_in_flight", MetricKind::kGauge,
                                  "Requests being answered."};
constexpr MetricSpec kRequestsRefused = {"readcount_http_requests_refused_total", MetricKind::kCounter,
                                         "Requests refused because of gateway.max_requests."};
constexpr MetricSpec kClientsLimited = {
    "readcount_http_client_limited_total", MetricKind::kCounter,
    "Requests refused because their address exceeded its limit: rate, gateway.request_rate_per_client, or "
    "in_flight, gateway.max_requests_per_client."};
constexpr MetricSpec kConnections = {
    "readcount_http_connections", MetricKind::kGauge,
    "Connections open: idle, busy with a request, leaving, or refused and reading why."};
constexpr MetricSpec kAccepted = {"readcount_http_connections_total", MetricKind::kCounter,
                                  "Connections accepted, by what became of them: served, refused because of "
                                  "gateway.max_connections, or dropped "
                                  "because refusals were too many already."};
constexpr MetricSpec kEvicted = {"readcount_http_connections_evicted_total", MetricKind::kCounter,
                                 "Idle connections that were ended to make room."};
constexpr MetricSpec kTextLookups = {
    "readcount_text_cache_lookups_total", MetricKind::kCounter,
    "Texts looked for to answer a view: hit, or expired or miss, and the article is asked for whole."};
constexpr MetricSpec kTextRenewals = {"readcount_text_cache_renewals_total", MetricKind::kCounter,
                                      "Texts in use that were asked for anew before they expired."};
constexpr MetricSpec kTextEvictions = {"readcount_text_cache_evictions_total", MetricKind::kCounter,
                                       "Texts that left the cache for others."};
constexpr MetricSpec kTexts = {"readcount_text_cache_articles", MetricKind::kGauge,
                               "Articles whose text is at hand."};
constexpr MetricSpec kTextBytes = {"readcount_text_cache_bytes", MetricKind::kGauge,
                                   "Memory used by the texts."};
constexpr MetricSpec kTextMaxBytes = {"readcount_text_cache_max_bytes", MetricKind::kGauge,
                                      "Bound of the texts, gateway.text_bytes."};
constexpr MetricSpec kStreams = {
    "readcount_article_streams", MetricKind::kGauge,
    "Streams of views to ArticleService: open, idle (not opened yet), or lost and not answering since."};
constexpr MetricSpec kLosses = {"readcount_article_stream_losses_total", MetricKind::kCounter,
                                "Outages of streams of views, each from the loss to the next answer."};
constexpr MetricSpec kBatch = {"readcount_stream_batch_views", MetricKind::kHistogram,
                               "Views that share one message to ArticleService."};

constexpr MetricSpec kEventStreams = {"readcount_event_streams", MetricKind::kGauge,
                                      "Streams of server-sent events that are open."};
constexpr MetricSpec kMaxEventStreams = {"readcount_event_streams_max", MetricKind::kGauge,
                                         "Their bound, gateway.max_event_streams."};

// A service that is away is named, ArticleService before SyncService.
enum class Mode { kNormal, kArticleServiceAway, kSyncServiceAway };
constexpr absl::string_view kModes[] = {"normal", "article_service_away", "sync_service_away"};

// Label of requests that no route took.
constexpr absl::string_view kNoRoute = "none";

// In the order of ArticleStream::State.
constexpr std::array<absl::string_view, 3> kStates = {"idle", "open", "lost"};

Mode ModeOf(bool article, bool sync) {
  if (!article) return Mode::kArticleServiceAway;
  return sync ? Mode::kNormal : Mode::kSyncServiceAway;
}

}  // namespace

void GatewayMetrics::Collect(MetricSink& sink) const {
  CollectServices(sink);
  CollectRequests(sink);
  CollectConnections(sink);
  CollectTexts(sink);
  CollectStreams(sink);
}

void GatewayMetrics::CollectServices(MetricSink& sink) const {
  const bool article = article_service_.Check(), sync = sync_service_.Check();
  AddMode(sink, kModes, static_cast<size_t>(ModeOf(article, sync)));
  sink.Add(kReachable, article, {{"service", "article_service"}});
  sink.Add(kReachable, sync, {{"service", "sync_service"}});
}

void GatewayMetrics::CollectRequests(MetricSink& sink) const {
  const RequestTally& tally = router_.tally();
  const std::vector<Route>& routes = router_.routes();
  for (size_t route = 0; route <= routes.size(); ++route) {
    const absl::string_view path = route < routes.size() ? absl::string_view(routes[route].path) : kNoRoute;
    for (size_t i = 0; i < RequestTally::kClasses.size(); ++i) {
      sink.Add(kRequests, tally.answered(route, i), {{"route", path}, {"status", RequestTally::kClasses[i]}});
    }
  }
  sink.Add(kInFlight, tally.under_way());
  sink.Add(kRequestsRefused, tally.refused());
  sink.Add(kClientsLimited, client_limits_.too_fast(), {{"limit", "rate"}});
  sink.Add(kClientsLimited, client_limits_.too_many(), {{"limit", "in_flight"}});
  auth_.Collect(sink);
}

void GatewayMetrics::CollectConnections(MetricSink& sink) const {
  const SessionTable::Stats stats = listener_.sessions();
  sink.Add(kConnections, stats.idle, {{"state", "idle"}});
  sink.Add(kConnections, stats.busy, {{"state", "busy"}});
  sink.Add(kConnections, stats.leaving, {{"state", "leaving"}});
  sink.Add(kConnections, stats.refused, {{"state", "refused"}});
  sink.Add(kAccepted, stats.total_served, {{"outcome", "served"}});
  sink.Add(kAccepted, stats.total_refused, {{"outcome", "refused"}});
  sink.Add(kAccepted, stats.total_dropped, {{"outcome", "dropped"}});
  sink.Add(kEvicted, stats.total_evicted);
}

void GatewayMetrics::CollectTexts(MetricSink& sink) const {
  const TextCache::Stats texts = texts_.stats();
  sink.Add(kTextLookups, texts.hits, {{"result", "hit"}});
  sink.Add(kTextLookups, texts.expired, {{"result", "expired"}});
  sink.Add(kTextLookups, texts.misses, {{"result", "miss"}});
  sink.Add(kTextRenewals, texts.renewals);
  sink.Add(kTextEvictions, texts.evicted);
  sink.Add(kTexts, texts.articles);
  sink.Add(kTextBytes, texts.bytes);
  sink.Add(kTextMaxBytes, texts.max_bytes);
}

void GatewayMetrics::CollectStreams(MetricSink& sink) const {
  std::array<int, kStates.size()> streams = {};
  for (const ArticleStream::State state : articles_.stream_states()) ++streams[static_cast<size_t>(state)];
  for (size_t i = 0; i < kStates.size(); ++i) sink.Add(kStreams, streams[i], {{"state", kStates[i]}});
  sink.Add(kEventStreams, event_streams_.open());
  sink.Add(kMaxEventStreams, event_streams_.most());
  sink.Add(kLosses, articles_.stream_tally().losses.value());
  sink.Add(kBatch, articles_.stream_tally().batches);
}

}  // namespace readcount::gateway
