#include "cli/doctor/service_checks.h"

#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/configured.h"
#include "cli/doctor/machine_checks.h"
#include "cli/endpoint.h"
#include "cli/format.h"
#include "cli/http/client.h"
#include "cli/rpc/article_client.h"
#include "cli/rpc/health_client.h"
#include "cli/rpc/sync_client.h"

namespace readcount::cli {
namespace {

constexpr int kHttpOk = 200;

// False, said, if the service is not there or does not serve.
bool CheckServing(const std::string& check, const absl::StatusOr<Endpoint>& endpoint,
                  const std::string& service, Diagnoses& found) {
  const absl::Status status = endpoint.ok() ? CheckHealth(*endpoint, service) : endpoint.status();
  if (status.ok()) return true;
  found.Problem(check, std::string(status.message()),
                absl::IsUnavailable(status) ? "start it, and see its log" : "correct what is said");
  return false;
}

void CheckArticleService(const Context& context, Diagnoses& found) {
  const std::string check = "article-service";
  const absl::StatusOr<Endpoint> endpoint = ArticleEndpoint(context);
  if (!CheckServing(check, endpoint, "readcount.v1.ArticleService", found)) return;
  const absl::StatusOr<v1::ArticleServiceStatus> status = ArticleClient(*endpoint).GetStatus();
  if (!status.ok()) return found.Problem(check, std::string(status.status().message()), "see its log");
  if (status->mode() == v1::ARTICLE_MODE_NORMAL)
    return found.Ok(check, absl::StrCat(endpoint->address, " serves, and reaches Redis and MySQL"));
  found.Problem(
      check,
      absl::StrCat(endpoint->address, ": ", Words(v1::ArticleMode_Name(status->mode()), "ARTICLE_MODE_"),
                   ": ", status->redis_error(), status->redis_error().empty() ? status->mysql_error() : "",
                   "; views held: ", Grouped(status->held_views())),
      "bring that server back; held views are recorded then");
}

void CheckSyncService(const Context& context, Diagnoses& found) {
  const std::string check = "sync-service";
  const absl::StatusOr<Endpoint> endpoint = SyncEndpoint(context);
  if (!CheckServing(check, endpoint, "readcount.v1.SyncService", found)) return;
  const absl::StatusOr<v1::SyncStatus> status = SyncClient(*endpoint).GetStatus();
  if (absl::IsUnauthenticated(status.status()) || absl::IsPermissionDenied(status.status()))
    return found.Problem(check, std::string(status.status().message()), "show it credentials that it takes");
  if (!status.ok()) return found.Problem(check, std::string(status.status().message()), "see its log");
  if (status->consecutive_failures() == 0)
    return found.Ok(
        check, absl::StrCat(endpoint->address, " serves, lag ", Span(absl::Seconds(status->lag_seconds()))));
  found.Problem(check,
                absl::StrCat(endpoint->address, ": ", status->consecutive_failures(),
                             " runs have failed since the last success: ", status->last_error()),
                "remove that cause; nothing is lost, the next run goes on where the last one stopped");
}

void CheckGateway(const Context& context, const Settings& settings, Diagnoses& found) {
  const absl::StatusOr<Endpoint> endpoint = GatewayEndpoint(context);
  if (!endpoint.ok())
    return found.Problem("gateway", std::string(endpoint.status().message()), "correct what is said");
  if (!Configured(settings, "gateway.tls_certificate").empty()) {
    const absl::Status reached = HttpClient(endpoint->address, endpoint->timeout).Connect();
    if (!reached.ok()) {
      return found.Problem("gateway", std::string(reached.message()),
                           "start it, or name its address by --gateway");
    }
    return found.Ok("gateway", absl::StrCat(endpoint->address,
                                            " takes connections and speaks HTTPS, by which it is not asked "
                                            "here: curl https://",
                                            endpoint->address, "/readyz tells"));
  }
  const absl::StatusOr<HttpResponse> ready = HttpClient(endpoint->address, endpoint->timeout).Get("/readyz");
  if (!ready.ok()) {
    return found.Problem("gateway", std::string(ready.status().message()),
                         absl::IsUnavailable(ready.status())
                             ? "start it, or name its address by --gateway"
                             : "if it speaks TLS, run doctor with its configuration, which sets "
                               "gateway.tls_certificate; else name its address by --gateway, or see its log");
  }
  const std::string seen = absl::StrCat(endpoint->address, ": GET /readyz says ", ready->status);
  if (ready->status == kHttpOk) return found.Ok("gateway", seen);
  found.Problem("gateway", absl::StrCat(seen, ": ", ready->body), "see to the service that it names");
}

// The value of a metric without labels; none if it is not there.
std::optional<double> MetricValue(absl::string_view metrics, absl::string_view name) {
  for (const absl::string_view line : absl::StrSplit(metrics, '\n')) {
    double value = 0;
    if (absl::StartsWith(line, absl::StrCat(name, " ")) &&
        absl::SimpleAtod(line.substr(name.size() + 1), &value))
      return value;
  }
  return std::nullopt;
}

// The version in readcount_build_info{…,version="0.1.0"}; empty if it is not there.
std::string Version(absl::string_view metrics) {
  constexpr absl::string_view kSign = "version=\"";
  for (const absl::string_view line : absl::StrSplit(metrics, '\n')) {
    const size_t place = line.find(kSign);
    if (!absl::StartsWith(line, "readcount_build_info{") || place == absl::string_view::npos) continue;
    const absl::string_view rest = line.substr(place + kSign.size());
    return std::string(rest.substr(0, rest.find('"')));
  }
  return "";
}

// What a program tells by its metrics, if they can be had: they may be off or in another network.
void CheckMetrics(const std::string& program, const std::optional<Address>& address, size_t connections,
                  absl::Duration timeout, Diagnoses& found) {
  if (!address.has_value()) return;
  const absl::StatusOr<HttpResponse> metrics = HttpClient(address->ToString(), timeout).Get("/metrics");
  if (!metrics.ok() || metrics->status != kHttpOk) return;
  const std::string version = Version(metrics->body), check = program + ".version";
  if (version == READCOUNT_VERSION) {
    found.Ok(check, "it is " + version);
  } else if (!version.empty()) {
    found.Warn(check, absl::StrCat("it is ", version, ", and this readcount is " READCOUNT_VERSION),
               "let all parts be of one version");
  }
  if (const std::optional<double> most = MetricValue(metrics->body, "process_max_fds"); most.has_value())
    JudgeDescriptors(program + ".descriptors", program, static_cast<uint64_t>(*most), connections, found);
}

}  // namespace

void CheckServices(const Context& context, const Settings& settings, Diagnoses& found) {
  CheckArticleService(context, found);
  CheckSyncService(context, found);
  CheckGateway(context, settings, found);
  CheckMetrics("article-service", settings.article.metrics_listen, settings.grpc.max_connections,
               context.timeout, found);
  CheckMetrics("sync-service", settings.sync.metrics_listen, settings.grpc.max_connections, context.timeout,
               found);
  CheckMetrics("gateway", settings.gateway.metrics_listen, settings.gateway.max_connections, context.timeout,
               found);
}

}  // namespace readcount::cli
