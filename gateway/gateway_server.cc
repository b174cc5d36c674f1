#include "gateway/gateway_server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/descriptor_limit.h"
#include "gateway/handlers.h"
#include "services/common/base/log.h"
#include "services/common/rpc/listen_socket.h"
#include "services/common/tls/certificates.h"

namespace readcount::gateway {
namespace {

// How often within a request's timeout overdue answers are looked for.
constexpr int kWatchesPerTimeout = 8;
// At most; as often texts are renewed.
constexpr absl::Duration kMostWatchInterval = absl::Milliseconds(100);
// How often the counts that are watched are read.
constexpr absl::Duration kCountInterval = absl::Milliseconds(500);
// Probes give up early: a service that does not answer within this is not ready.
constexpr absl::Duration kMostHealthTimeout = absl::Seconds(1);

RequestLimits Limits(const GatewaySettings& settings) {
  return {.max_header_bytes = settings.max_header_bytes,
          .max_body_bytes = settings.max_body_bytes,
          .idle_timeout = settings.idle_timeout,
          .header_timeout = settings.header_timeout};
}

void WarnOfPlainToken(const Settings& settings, const TokenStore& tokens) {
  const Address& service = settings.gateway.sync_service;
  if (!tokens.configured() || !settings.gateway.services_tls.ca.empty() || !IsReachable(service)) return;
  Log(LogLevel::kWarning, "token_in_plaintext",
      {{"place", settings.Where("gateway.sync_service")},
       {"address", service.ToString()},
       {"what_to_do", "set gateway.services_ca: whoever is on the way can read the token"}});
}

}  // namespace

absl::StatusOr<GatewayServer::Parts> GatewayServer::MakeParts(const Settings& settings) {
  const auto of_key = [&settings](absl::string_view key, const absl::Status& status) {
    if (status.ok()) return status;
    return absl::InvalidArgumentError(absl::StrCat(settings.Where(key), ": ", status.message()));
  };
  const GatewaySettings& gateway = settings.gateway;
  absl::StatusOr<CorsPolicy> cors = CorsPolicy::Parse(gateway.cors_origins);
  absl::StatusOr<TrustedProxies> proxies = TrustedProxies::Parse(gateway.trusted_proxies);
  absl::StatusOr<std::unique_ptr<TokenStore>> tokens = TokenStore::Open(settings);
  absl::StatusOr<std::unique_ptr<HttpsContext>> https = HttpsContext::Open(settings);
  absl::Status sound =
      JoinFaults({of_key("gateway.cors_origins", cors.status()),
                  of_key("gateway.trusted_proxies", proxies.status()), tokens.status(), https.status(),
                  CheckTls(settings, kServicesTls, gateway.services_tls, SystemClock().Now())});
  if (!sound.ok()) return sound;
  return Parts{.cors = *std::move(cors),
               .proxies = *std::move(proxies),
               .tokens = *std::move(tokens),
               .https = *std::move(https)};
}

absl::Status GatewayServer::Check(const Settings& settings) {
  return MakeParts(settings).status();
}

absl::StatusOr<std::unique_ptr<Program>> GatewayServer::Start(const Settings& settings) {
  absl::StatusOr<Parts> parts = MakeParts(settings);
  if (!parts.ok()) return parts.status();
  WarnOfPlaintext(settings, "gateway.listen", settings.gateway.listen, settings.gateway.tls,
                  IsReachable(settings.gateway.listen));
  WarnOfPlainToken(settings, *parts->tokens);
  auto server = std::make_unique<GatewayServer>(settings, *std::move(parts));
  if (absl::Status status = server->Listen(settings); !status.ok()) return status;
  return server;
}

GatewayServer::GatewayServer(const Settings& all, Parts parts)
    : GatewayServer(all, all.gateway, std::move(parts)) {}

GatewayServer::GatewayServer(const Settings& all, const GatewaySettings& settings, Parts parts)
    : tokens_(std::move(parts.tokens)),
      https_(std::move(parts.https)),
      services_tls_watch_(FilesOf(settings.services_tls)),
      client_limits_(std::make_shared<ClientLimits>(
          ClientLimits::Settings{.rate = settings.request_rate_per_client,
                                 .burst = settings.request_burst_per_client,
                                 .in_flight = settings.max_requests_per_client},
          SystemClock())),
      article_channel_(MakeChannel(settings.article_service, settings.services_tls)),
      sync_channel_(MakeChannel(settings.sync_service, settings.services_tls)),
      io_(settings.threads),
      texts_(settings.text_bytes, SystemClock()),
      articles_(article_channel_, settings.streams, settings.request_timeout,
                [this](std::function<void()> task) { boost::asio::post(io_, std::move(task)); }),
      views_(articles_, texts_),
      renewal_(articles_, texts_),
      sync_(sync_channel_, settings.request_timeout, [this] { return tokens_->First(); }),
      health_(article_channel_, sync_channel_, std::min(settings.request_timeout, kMostHealthTimeout)),
      stream_limit_(settings.max_event_streams, settings.max_event_streams_per_client),
      article_events_(articles_, stream_limit_),
      status_events_(sync_, stream_limit_, SystemClock()),
      router_(MakeRoutes({.articles = articles_,
                          .views = views_,
                          .article_events = article_events_,
                          .sync = sync_,
                          .status_events = status_events_,
                          .health = health_,
                          .clock = SystemClock()},
                         AdminToken(settings.admin_token, tokens_.get(), &auth_tally_)),
              settings.max_requests, client_limits_),
      conventions_(router_, {.max_timeout = settings.request_timeout,
                             .cors = std::move(parts.cors),
                             .proxies = std::move(parts.proxies)}),
      work_(boost::asio::make_work_guard(io_)) {
  services_tls_watch_.Start(
      [all] { LogTlsChange(all, kServicesTls, all.gateway.services_tls, SystemClock().Now()); });
}

absl::Status GatewayServer::Listen(const Settings& settings) {
  const GatewaySettings& gateway = settings.gateway;
  AllowDescriptors(gateway.max_connections);
  absl::StatusOr<std::unique_ptr<Listener>> listener =
      Listener::Start(io_, gateway.threads, gateway.listen, https_.get(), router_, conventions_,
                      Limits(gateway), gateway.max_connections);
  if (!listener.ok()) {
    return {listener.status().code(),
            absl::StrCat(settings.Where("gateway.listen"), ": ", listener.status().message())};
  }
  listener_ = *std::move(listener);
  metrics_ = std::make_unique<GatewayMetrics>(router_, *listener_, texts_, articles_, stream_limit_,
                                              *client_limits_, auth_tally_, article_channel_, sync_channel_);
  absl::StatusOr<std::unique_ptr<MetricsExporter>> exporter =
      MetricsExporter::Start(settings, "gateway.metrics_listen", gateway.metrics_listen,
                             {metrics_.get(), &articles_.meter(), &sync_.meter(), &health_.meter()});
  if (!exporter.ok()) return exporter.status();
  exporter_ = *std::move(exporter);
  for (int i = 0; i < gateway.threads; ++i) threads_.emplace_back([this] { io_.run(); });
  const absl::Duration interval = std::min(gateway.request_timeout / kWatchesPerTimeout, kMostWatchInterval);
  watch_ = std::make_unique<Poller>(interval, [this] { Watch(); });
  count_watch_ = std::make_unique<Poller>(kCountInterval, [this] { article_events_.Poll(); });
  return absl::OkStatus();
}

void GatewayServer::Watch() {
  articles_.EnforceTimeout();
  renewal_.Poll();
  status_events_.Poll();
}

void GatewayServer::Drain(absl::Duration grace) {
  listener_->Drain(grace);
}

GatewayServer::~GatewayServer() {
  work_.reset();
  io_.stop();
  for (std::thread& thread : threads_) thread.join();
  count_watch_.reset();
  watch_.reset();
}

}  // namespace readcount::gateway
