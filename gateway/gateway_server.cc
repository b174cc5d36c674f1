#include "gateway/gateway_server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/descriptor_limit.h"
#include "gateway/handlers.h"

namespace readcount::gateway {
namespace {

// How often within a request's timeout overdue answers are looked for.
constexpr int kWatchesPerTimeout = 8;
// At most; as often texts are renewed.
constexpr absl::Duration kMostWatchInterval = absl::Milliseconds(100);
// Probes give up early: a service that does not answer within this is not ready.
constexpr absl::Duration kMostHealthTimeout = absl::Seconds(1);

RequestLimits Limits(const GatewaySettings& settings) {
  return {.max_header_bytes = settings.max_header_bytes,
          .max_body_bytes = settings.max_body_bytes,
          .idle_timeout = settings.idle_timeout,
          .header_timeout = settings.header_timeout};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Program>> GatewayServer::Start(const Settings& settings) {
  auto server = std::make_unique<GatewayServer>(settings.gateway);
  if (absl::Status status = server->Listen(settings); !status.ok()) return status;
  return server;
}

GatewayServer::GatewayServer(const GatewaySettings& settings)
    : article_channel_(MakeChannel(settings.article_service)),
      sync_channel_(MakeChannel(settings.sync_service)),
      io_(settings.threads),
      texts_(settings.text_bytes, SystemClock()),
      articles_(article_channel_, settings.streams, settings.request_timeout,
                [this](std::function<void()> task) { boost::asio::post(io_, std::move(task)); }),
      views_(articles_, texts_),
      renewal_(articles_, texts_),
      sync_(sync_channel_, settings.request_timeout),
      health_(article_channel_, sync_channel_, std::min(settings.request_timeout, kMostHealthTimeout)),
      router_(MakeRoutes(articles_, views_, sync_, health_, settings.admin_token), settings.max_requests),
      work_(boost::asio::make_work_guard(io_)) {}

absl::Status GatewayServer::Listen(const Settings& settings) {
  const GatewaySettings& gateway = settings.gateway;
  AllowDescriptors(gateway.max_connections);
  absl::StatusOr<std::unique_ptr<Listener>> listener = Listener::Start(
      io_, gateway.threads, gateway.listen, router_, Limits(gateway), gateway.max_connections);
  if (!listener.ok()) {
    return {listener.status().code(),
            absl::StrCat(settings.Where("gateway.listen"), ": ", listener.status().message())};
  }
  listener_ = *std::move(listener);
  metrics_ = std::make_unique<GatewayMetrics>(router_, *listener_, texts_, articles_, article_channel_,
                                              sync_channel_);
  absl::StatusOr<std::unique_ptr<MetricsExporter>> exporter =
      MetricsExporter::Start(settings, "gateway.metrics_listen", gateway.metrics_listen, {metrics_.get()});
  if (!exporter.ok()) return exporter.status();
  exporter_ = *std::move(exporter);
  for (int i = 0; i < gateway.threads; ++i) threads_.emplace_back([this] { io_.run(); });
  const absl::Duration interval = std::min(gateway.request_timeout / kWatchesPerTimeout, kMostWatchInterval);
  watch_ = std::thread([this, interval] { Watch(interval); });
  return absl::OkStatus();
}

void GatewayServer::Watch(absl::Duration interval) {
  while (watch_sleeper_.SleepFor(interval)) {
    articles_.EnforceTimeout();
    renewal_.Poll();
  }
}

void GatewayServer::Drain(absl::Duration grace) {
  listener_->Drain(grace);
}

GatewayServer::~GatewayServer() {
  work_.reset();
  io_.stop();
  for (std::thread& thread : threads_) thread.join();
  watch_sleeper_.Cancel();
  if (watch_.joinable()) watch_.join();
}

}  // namespace readcount::gateway
