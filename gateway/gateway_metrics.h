#pragma once

#include <memory>

#include "gateway/client_limits.h"
#include "gateway/grpc_backends.h"
#include "gateway/listener.h"
#include "gateway/router.h"
#include "gateway/stream_limit.h"
#include "gateway/text_cache.h"
#include "services/common/auth/auth_tally.h"
#include "services/common/metrics/metric.h"

namespace readcount::gateway {

// The gateway as Prometheus sees it: its mode, requests, connections, the services behind it and the streams
// of views.
class GatewayMetrics final : public MetricSource {
 public:
  // All must outlive the source.
  GatewayMetrics(const Router& router, const Listener& listener, const TextCache& texts,
                 const GrpcArticleBackend& articles, const StreamLimit& event_streams,
                 const ClientLimits& client_limits, const AuthTally& auth,
                 std::shared_ptr<grpc::Channel> article_channel, std::shared_ptr<grpc::Channel> sync_channel)
      : router_(router),
        listener_(listener),
        texts_(texts),
        articles_(articles),
        event_streams_(event_streams),
        client_limits_(client_limits),
        auth_(auth),
        article_service_(std::move(article_channel)),
        sync_service_(std::move(sync_channel)) {}

  // A channel that is not connected begins to connect, so that the next scrape knows.
  void Collect(MetricSink& sink) const override;

 private:
  void CollectServices(MetricSink& sink) const;
  void CollectRequests(MetricSink& sink) const;
  void CollectConnections(MetricSink& sink) const;
  void CollectTexts(MetricSink& sink) const;
  void CollectStreams(MetricSink& sink) const;

  const Router& router_;
  const Listener& listener_;
  const TextCache& texts_;
  const GrpcArticleBackend& articles_;
  const StreamLimit& event_streams_;
  const ClientLimits& client_limits_;
  const AuthTally& auth_;
  mutable Reachability article_service_, sync_service_;
};

}  // namespace readcount::gateway
