#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/article_events.h"
#include "gateway/article_views.h"
#include "gateway/client_limits.h"
#include "gateway/conventions.h"
#include "gateway/cors.h"
#include "gateway/gateway_metrics.h"
#include "gateway/grpc_backends.h"
#include "gateway/https_context.h"
#include "gateway/listener.h"
#include "gateway/router.h"
#include "gateway/status_events.h"
#include "gateway/stream_limit.h"
#include "gateway/text_cache.h"
#include "gateway/text_renewal.h"
#include "services/common/auth/auth_tally.h"
#include "services/common/auth/token_store.h"
#include "services/common/base/file_watch.h"
#include "services/common/base/poller.h"
#include "services/common/config/settings.h"
#include "services/common/metrics/exporter.h"
#include "services/common/rpc/program.h"

namespace readcount::gateway {

// The whole of gateway, built from its settings. Serves at once, also while the services are away.
class GatewayServer final : public Program {
 public:
  // INVALID_ARGUMENT if a token, a certificate, an origin or a proxy cannot be used; the message names key
  // and place.
  static absl::Status Check(const Settings& settings);

  // As Check; UNAVAILABLE if the address is taken, with key and place.
  static absl::StatusOr<std::unique_ptr<Program>> Start(const Settings& settings);

  // What of the settings must be sound before there is a gateway.
  struct Parts {
    CorsPolicy cors;
    TrustedProxies proxies;
    std::unique_ptr<TokenStore> tokens;
    std::unique_ptr<HttpsContext> https;  // none: plain HTTP
  };
  GatewayServer(const Settings& settings, Parts parts);
  ~GatewayServer() override;

  Address address() const override { return listener_->address(); }
  void Drain(absl::Duration grace) override;

 private:
  GatewayServer(const Settings& all, const GatewaySettings& settings, Parts parts);

  static absl::StatusOr<Parts> MakeParts(const Settings& settings);
  absl::Status Listen(const Settings& settings);
  void Watch();  // overdue answers, texts that are due, the syncer's status

  // In the order of their lives: each uses those before it.
  const std::unique_ptr<TokenStore> tokens_;
  const std::unique_ptr<HttpsContext> https_;
  FileWatch services_tls_watch_;
  AuthTally auth_tally_;
  const std::shared_ptr<ClientLimits> client_limits_;
  const std::shared_ptr<grpc::Channel> article_channel_;
  const std::shared_ptr<grpc::Channel> sync_channel_;
  boost::asio::io_context io_;
  TextCache texts_;
  GrpcArticleBackend articles_;
  ArticleViews views_;
  TextRenewal renewal_;
  GrpcSyncBackend sync_;
  GrpcHealthBackend health_;
  StreamLimit stream_limit_;
  ArticleEvents article_events_;
  StatusEvents status_events_;
  const Router router_;
  const Conventions conventions_;
  std::unique_ptr<Listener> listener_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
  std::unique_ptr<Poller> watch_, count_watch_;
  std::unique_ptr<GatewayMetrics> metrics_;
  std::unique_ptr<MetricsExporter> exporter_;
};

}  // namespace readcount::gateway
