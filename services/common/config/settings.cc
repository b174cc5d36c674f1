#include "services/common/config/settings.h"

#include <cstdlib>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/config/document.h"
#include "services/common/config/variables.h"

namespace readcount {
namespace {

absl::StatusOr<Address> ParseAddress(absl::string_view text) {
  const size_t colon = text.rfind(':');
  int port = -1;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(text.substr(colon + 1), &port) || port < 0 ||
      port > 65535) {
    return absl::InvalidArgumentError("is not host:port, for example 127.0.0.1:8080");
  }
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty()) return absl::InvalidArgumentError("names no host, for example 127.0.0.1:8080");
  if (!bracketed && absl::StrContains(host, ':')) {
    return absl::InvalidArgumentError("needs brackets around an IPv6 host: [::1]:8080");
  }
  return Address{.host = std::string(host), .port = static_cast<uint16_t>(port)};
}

// Empty text is no address.
absl::StatusOr<std::optional<Address>> ParseOptionalAddress(absl::string_view text) {
  if (text.empty()) return std::optional<Address>();
  absl::StatusOr<Address> address = ParseAddress(text);
  if (!address.ok())
    return absl::InvalidArgumentError(absl::StrCat(address.status().message(), ", or empty"));
  return std::optional<Address>(*std::move(address));
}

absl::StatusOr<int> ParseOffset(absl::string_view text) {
  int hours = 0;
  int minutes = 0;
  const bool shaped = text.size() == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':' &&
                      absl::ascii_isdigit(text[1]) && absl::ascii_isdigit(text[4]);
  if (!shaped || !absl::SimpleAtoi(text.substr(1, 2), &hours) ||
      !absl::SimpleAtoi(text.substr(4, 2), &minutes) || hours > 14 || minutes > 59) {
    return absl::InvalidArgumentError("is not an offset from UTC, for example +00:00 or +08:00");
  }
  return (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

absl::StatusOr<LogLevel> ParseLevel(absl::string_view text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "info") return LogLevel::kInfo;
  if (text == "warning") return LogLevel::kWarning;
  if (text == "error") return LogLevel::kError;
  return absl::InvalidArgumentError("is none of debug, info, warning, error");
}

// Takes values out of the document by key, collects every fault, and at the end knows what nobody took.
class Binder {
 public:
  Binder(ConfigDocument document, const Environment& environment, Settings& settings)
      : document_(std::move(document)), environment_(environment), settings_(settings) {}

  // Parses the key's text with `parse` into `target`; an absent key leaves the default.
  template <typename T, typename Parse>
  void Bind(const std::string& key, T& target, Parse parse) {
    const std::optional<ConfigValue> value = Take(key);
    if (!value.has_value()) return;
    auto parsed = parse(value->text);
    if (parsed.ok()) {
      target = *std::move(parsed);
    } else {
      faults_.push_back(absl::StrCat(value->place, ": ", key, ": '", Shown(key, value->text), "' ",
                                     parsed.status().message()));
    }
  }

  void Text(const std::string& key, std::string& target) {
    Bind(key, target, [](absl::string_view text) { return absl::StatusOr<std::string>(text); });
  }

  template <typename Number>
  void Whole(const std::string& key, Number& target, int64_t least, int64_t most) {
    Bind(key, target, [=](absl::string_view text) -> absl::StatusOr<Number> {
      int64_t number = 0;
      if (!absl::SimpleAtoi(text, &number) || number < least || number > most) {
        return absl::InvalidArgumentError(absl::StrCat("is not a whole number from ", least, " to ", most));
      }
      return static_cast<Number>(number);
    });
  }

  static absl::StatusOr<absl::Duration> ParseTime(absl::string_view text, absl::Duration least,
                                                  absl::Duration most) {
    absl::Duration duration;
    if (!absl::ParseDuration(text, &duration) || duration < least || duration > most) {
      return absl::InvalidArgumentError(absl::StrCat("is not a time from ", absl::FormatDuration(least),
                                                     " to ", absl::FormatDuration(most), ", for example 10s",
                                                     least <= absl::Milliseconds(500) ? " or 500ms" : ""));
    }
    return duration;
  }

  void Time(const std::string& key, absl::Duration& target, absl::Duration least, absl::Duration most) {
    Bind(key, target, [=](absl::string_view text) { return ParseTime(text, least, most); });
  }

  void TimeOrOff(const std::string& key, std::optional<absl::Duration>& target, absl::Duration least,
                 absl::Duration most) {
    Bind(key, target, [=](absl::string_view text) -> absl::StatusOr<std::optional<absl::Duration>> {
      if (text == "off") return std::optional<absl::Duration>();
      const absl::StatusOr<absl::Duration> time = ParseTime(text, least, most);
      if (time.ok()) return *time;
      return absl::InvalidArgumentError(absl::StrCat(time.status().message(), ", or off"));
    });
  }

  absl::Status Finish() {
    for (const auto& [key, value] : document_) {
      faults_.push_back(absl::StrCat(value.place, ": ", key, ": is not a known key: correct or remove it"));
    }
    if (faults_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrJoin(faults_, "\n"));
  }

 private:
  static std::string Shown(absl::string_view key, const std::string& text) {
    return IsSecret(key) && !text.empty() ? "(not shown)" : text;
  }

  std::optional<ConfigValue> Take(const std::string& key) {
    std::optional<ConfigValue> value;
    if (const auto found = document_.find(key); found != document_.end()) {
      value = std::move(found->second);
      document_.erase(found);
    }
    const std::string variable = VariableOf(key);
    if (std::optional<std::string> override = environment_(variable); override.has_value()) {
      value = ConfigValue{.text = *std::move(override), .place = "environment " + variable};
    }
    settings_.origins[key] = value.has_value() ? Settings::Origin{.place = value->place, .text = value->text}
                                               : Settings::Origin{.place = "default", .text = ""};
    return value;
  }

  ConfigDocument document_;
  const Environment& environment_;
  Settings& settings_;
  std::vector<std::string> faults_;
};

constexpr absl::Duration kMillisecond = absl::Milliseconds(1);
constexpr absl::Duration kMinute = absl::Minutes(1);
constexpr absl::Duration kDay = absl::Hours(24);

// An empty DSN is no fault here: the program that needs it says so.
template <typename ParseDsn>
void BindDsn(Binder& binder, const std::string& key, std::string& text, Dsn& dsn, ParseDsn parse) {
  binder.Bind(key, dsn, [&](absl::string_view value) -> absl::StatusOr<Dsn> {
    text = std::string(value);
    if (value.empty()) return Dsn();
    return parse(value);
  });
}

void BindServers(Binder& binder, Settings& settings) {
  MysqlSettings& mysql = settings.mysql;
  BindDsn(binder, "mysql.dsn", mysql.dsn_text, mysql.dsn, ParseMysqlDsn);
  binder.Whole("mysql.connections", mysql.connections, 1, 256);
  binder.Time("mysql.connect_timeout", mysql.connect_timeout, absl::Seconds(1), kMinute);
  binder.Time("mysql.query_timeout", mysql.query_timeout, absl::Seconds(1), absl::Hours(1));
  binder.Bind("mysql.datetime_offset", mysql.datetime_offset_minutes, ParseOffset);

  RedisSettings& redis = settings.redis;
  BindDsn(binder, "redis.dsn", redis.dsn_text, redis.dsn, ParseRedisDsn);
  binder.Time("redis.connect_timeout", redis.connect_timeout, kMillisecond, kMinute);
  binder.Time("redis.reply_timeout", redis.reply_timeout, kMillisecond, kMinute);
  binder.Time("redis.retry_for", redis.retry_for, absl::ZeroDuration(), kMinute);
  binder.Whole("redis.wait_replicas", redis.wait_replicas, 0, 100);
}

// The files of one TlsSettings; `ca` is what its last key is called, if it has one.
void BindTls(Binder& binder, const std::string& prefix, absl::string_view ca, TlsSettings& tls) {
  binder.Text(prefix + "certificate", tls.certificate);
  binder.Text(prefix + "key", tls.key);
  if (!ca.empty()) binder.Text(absl::StrCat(prefix, ca), tls.ca);
}

void BindAuth(Binder& binder, AuthSettings& auth) {
  binder.Text("auth.tokens", auth.tokens);
  binder.Text("auth.tokens_file", auth.tokens_file);
  binder.Bind("auth.reads", auth.reads, [](absl::string_view text) -> absl::StatusOr<AuthSettings::Reads> {
    if (text == "loopback") return AuthSettings::Reads::kLoopback;
    if (text == "everyone") return AuthSettings::Reads::kEveryone;
    if (text == "credentials") return AuthSettings::Reads::kCredentials;
    return absl::InvalidArgumentError("is none of loopback, everyone, credentials");
  });
}

void BindGrpc(Binder& binder, GrpcSettings& grpc) {
  binder.Whole("grpc.max_connections", grpc.max_connections, 1, 1'000'000);
  binder.Whole("grpc.max_streams", grpc.max_streams, 1, 1'000'000);
  binder.Whole("grpc.max_calls", grpc.max_calls, 1, 1'000'000);
  binder.Whole("grpc.max_message_bytes", grpc.max_message_bytes, 1024, 1 << 30);
  binder.Whole("grpc.max_metadata_bytes", grpc.max_metadata_bytes, 1024, 1 << 20);
  binder.Whole("grpc.memory_bytes", grpc.memory_bytes, 16 << 20, int64_t{1} << 40);
  binder.Whole("grpc.max_threads", grpc.max_threads, 4, 1024);
  binder.Time("grpc.handshake_timeout", grpc.handshake_timeout, kMillisecond, kMinute);
  binder.TimeOrOff("grpc.idle_timeout", grpc.idle_timeout, absl::Seconds(1), kDay);
  binder.Time("grpc.ping_interval", grpc.ping_interval, absl::Seconds(1), kDay);
  binder.Time("grpc.ping_timeout", grpc.ping_timeout, kMillisecond, kMinute);
  binder.Time("grpc.client_ping_interval", grpc.client_ping_interval, kMillisecond, absl::Hours(1));
  binder.Whole("grpc.ping_strikes", grpc.ping_strikes, 1, 100);
}

void BindArticle(Binder& binder, ArticleSettings& article) {
  binder.Bind("article.listen", article.listen, ParseAddress);
  BindTls(binder, "article.tls_", "client_ca", article.tls);
  binder.Bind("article.metrics_listen", article.metrics_listen, ParseOptionalAddress);
  binder.Whole("article.cache_bytes", article.cache_bytes, 1 << 16, int64_t{1} << 40);
  binder.Whole("article.absent_capacity", article.absent_capacity, 1, 100'000'000);
  binder.Whole("article.count_entries", article.count_entries, 1024, int64_t{1} << 32);
  binder.Time("article.count_ttl", article.count_ttl, absl::ZeroDuration(), kDay);
  binder.Time("article.cache_ttl", article.cache_ttl, absl::ZeroDuration(), kDay);
  binder.Time("article.absent_ttl", article.absent_ttl, absl::ZeroDuration(), kDay);
  binder.Time("article.query_timeout", article.query_timeout, absl::Seconds(1), absl::Hours(1));
  binder.Whole("article.max_batch", article.max_batch, 1, 100'000);
  binder.Whole("article.max_queued", article.max_queued, 1, 10'000'000);
  binder.Text("article.spool", article.spool);
  binder.Whole("article.spool_max_bytes", article.spool_max_bytes, 65536, int64_t{1} << 40);
  binder.Bind("article.spool_keeps", article.spool_keeps_journal,
              [](absl::string_view text) -> absl::StatusOr<bool> {
                if (text == "outages") return false;
                if (text == "everything") return true;
                return absl::InvalidArgumentError("must be outages or everything");
              });
  binder.Whole("article.journal_entries", article.journal_entries, 1024, int64_t{1} << 32);
}

void BindSync(Binder& binder, SyncSettings& sync) {
  binder.Bind("sync.listen", sync.listen, ParseAddress);
  BindTls(binder, "sync.tls_", "client_ca", sync.tls);
  binder.Bind("sync.metrics_listen", sync.metrics_listen, ParseOptionalAddress);
  binder.TimeOrOff("sync.interval", sync.interval, absl::Milliseconds(10), kDay);
  binder.Whole("sync.chunk_articles", sync.chunk_articles, 1, 100'000);
  binder.Whole("sync.busy_views", sync.busy_views, 0, 1'000'000'000);
  binder.Time("sync.busy_at_most", sync.busy_at_most, absl::ZeroDuration(), kDay);
  binder.Whole("sync.busy_chunk_articles", sync.busy_chunk_articles, 1, 100'000);
  binder.Whole("sync.lanes", sync.lanes, 1, 16);
  binder.Time("sync.lease", sync.lease, absl::ZeroDuration(), kMinute);
  binder.Whole("sync.history_keep", sync.history_keep, 1, 10'000'000);
}

void BindGateway(Binder& binder, GatewaySettings& gateway) {
  binder.Bind("gateway.listen", gateway.listen, ParseAddress);
  BindTls(binder, "gateway.tls_", "", gateway.tls);
  BindTls(binder, "gateway.services_", "ca", gateway.services_tls);
  binder.Bind("gateway.metrics_listen", gateway.metrics_listen, ParseOptionalAddress);
  binder.Bind("gateway.article_service", gateway.article_service, ParseAddress);
  binder.Bind("gateway.sync_service", gateway.sync_service, ParseAddress);
  binder.Text("gateway.admin_token", gateway.admin_token);
  binder.Time("gateway.request_timeout", gateway.request_timeout, kMillisecond, absl::Hours(1));
  binder.Time("gateway.idle_timeout", gateway.idle_timeout, kMillisecond, kDay);
  binder.Time("gateway.header_timeout", gateway.header_timeout, kMillisecond, kDay);
  binder.Whole("gateway.max_header_bytes", gateway.max_header_bytes, 256, 1 << 20);
  binder.Whole("gateway.max_body_bytes", gateway.max_body_bytes, 0, 1 << 30);
  binder.Whole("gateway.max_connections", gateway.max_connections, 1, 1'000'000);
  binder.Whole("gateway.max_requests", gateway.max_requests, 1, 1'000'000);
  binder.Whole("gateway.threads", gateway.threads, 1, 256);
  binder.Whole("gateway.streams", gateway.streams, 1, 64);
  binder.Whole("gateway.text_bytes", gateway.text_bytes, 0, int64_t{1} << 40);
  binder.Text("gateway.cors_origins", gateway.cors_origins);
  binder.Whole("gateway.max_event_streams", gateway.max_event_streams, 0, 1'000'000);
  binder.Whole("gateway.max_event_streams_per_client", gateway.max_event_streams_per_client, 0, 1'000'000);
  binder.Text("gateway.trusted_proxies", gateway.trusted_proxies);
  binder.Whole("gateway.max_requests_per_client", gateway.max_requests_per_client, 0, 1'000'000);
  binder.Whole("gateway.request_rate_per_client", gateway.request_rate_per_client, 0, 1'000'000);
  binder.Whole("gateway.request_burst_per_client", gateway.request_burst_per_client, 1, 1'000'000);
}

void BindAll(Binder& binder, Settings& settings) {
  binder.Bind("log.level", settings.log.level, ParseLevel);
  binder.Time("shutdown.grace", settings.shutdown_grace, absl::ZeroDuration(), absl::Hours(1));
  BindServers(binder, settings);
  BindGrpc(binder, settings.grpc);
  BindAuth(binder, settings.auth);
  BindArticle(binder, settings.article);
  BindSync(binder, settings.sync);
  BindGateway(binder, settings.gateway);
}

}  // namespace

std::string Address::ToString() const {
  const bool v6 = host.find(':') != std::string::npos;
  return absl::StrCat(v6 ? "[" : "", host, v6 ? "]" : "", ":", port);
}

bool IsSecret(absl::string_view key) {
  return absl::EndsWith(key, ".dsn") || absl::EndsWith(key, "_token") || absl::EndsWith(key, ".tokens");
}

std::string Settings::Where(absl::string_view key) const {
  const auto found = origins.find(key);
  return absl::StrCat(found == origins.end() ? "default" : found->second.place, ": ", key);
}

absl::Status Settings::RequireServers() const {
  const auto require = [this](absl::string_view key, const std::string& text) {
    if (!text.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(Where(key), ": is empty: name the server to use"));
  };
  return JoinFaults({require("mysql.dsn", mysql.dsn_text), require("redis.dsn", redis.dsn_text)});
}

absl::Status JoinFaults(std::initializer_list<absl::Status> checks) {
  std::vector<absl::string_view> faults;
  for (const absl::Status& check : checks) {
    if (!check.ok()) faults.push_back(check.message());
  }
  if (faults.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
}

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

absl::StatusOr<Settings> LoadSettings(const std::string& path, const Environment& environment) {
  absl::StatusOr<ConfigDocument> document = ReadConfigDocument(path);
  if (!document.ok()) return document.status();
  Settings settings;
  settings.article.listen = {.host = "127.0.0.1", .port = 50051};
  settings.sync.listen = {.host = "127.0.0.1", .port = 50052};
  settings.gateway.listen = {.host = "127.0.0.1", .port = 8080};
  settings.article.metrics_listen = {.host = "127.0.0.1", .port = 50061};
  settings.sync.metrics_listen = {.host = "127.0.0.1", .port = 50062};
  settings.gateway.metrics_listen = {.host = "127.0.0.1", .port = 8081};
  settings.gateway.article_service = settings.article.listen;
  settings.gateway.sync_service = settings.sync.listen;
  Binder binder(*std::move(document), environment, settings);
  BindAll(binder, settings);
  if (absl::Status status = binder.Finish(); !status.ok()) return status;
  return settings;
}

}  // namespace readcount
