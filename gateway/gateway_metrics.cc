#include "gateway/gateway_metrics.h"

#include <array>
#include <string>

namespace readcount::gateway {
namespace {

constexpr MetricSpec kReachable = {
    "readcount_service_reachable", MetricKind::kGauge,
    "0 if the last attempt to connect to the service failed; 1 if it did not, or none was made yet."};
constexpr MetricSpec kRequests = {"readcount_http_requests_total", MetricKind::kCounter,
                                  "Requests answered, by route and class of status; route none is for "
                                  "unknown paths and for what is no request."};
constexpr MetricSpec kInFlight = {"readcount_http_requests_in_flight", MetricKind::kGauge,
                                  "Requests being answered."};
constexpr MetricSpec kRequestsRefused = {"readcount_http_requests_refused_total", MetricKind::kCounter,
                                         "Requests refused because of gateway.max_requests."};
constexpr MetricSpec kConnections = {
    "readcount_http_connections", MetricKind::kGauge,
    "Connections open: idle, busy with a request, leaving, or refused and reading why."};
constexpr MetricSpec kAccepted = {"readcount_http_connections_total", MetricKind::kCounter,
                                  "Connections accepted, by what became of them: served, refused because of "
                                  "gateway.max_connections, or dropped "
                                  "because refusals were too many already."};
constexpr MetricSpec kEvicted = {"readcount_http_connections_evicted_total", MetricKind::kCounter,
                                 "Idle connections that were ended to make room."};
constexpr MetricSpec kStreams = {
    "readcount_article_streams", MetricKind::kGauge,
    "Streams of views to ArticleService: open, idle (not opened yet), or lost and not answering since."};
constexpr MetricSpec kLosses = {"readcount_article_stream_losses_total", MetricKind::kCounter,
                                "Outages of streams of views, each from the loss to the next answer."};
constexpr MetricSpec kBatch = {"readcount_stream_batch_views", MetricKind::kHistogram,
                               "Views that share one message to ArticleService."};

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
  CollectStreams(sink);
}

void GatewayMetrics::CollectServices(MetricSink& sink) const {
  const bool article = Reachable(*article_channel_), sync = Reachable(*sync_channel_);
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

void GatewayMetrics::CollectStreams(MetricSink& sink) const {
  std::array<int, kStates.size()> streams = {};
  for (const ArticleStream::State state : articles_.stream_states()) ++streams[static_cast<size_t>(state)];
  for (size_t i = 0; i < kStates.size(); ++i) sink.Add(kStreams, streams[i], {{"state", kStates[i]}});
  sink.Add(kLosses, articles_.stream_tally().losses.value());
  sink.Add(kBatch, articles_.stream_tally().batches);
}

}  // namespace readcount::gateway
