#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/base/log.h"
#include "services/common/config/dsn.h"
#include "services/common/config/tls_settings.h"

namespace readcount {

// `host:port` to listen on or to call; port 0 lets the kernel choose when listening.
struct Address {
  std::string host;
  uint16_t port = 0;
  std::string ToString() const;  // IPv6 hosts in brackets
};

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
};

struct MysqlSettings {
  std::string dsn_text;  // as configured; empty if it was not
  Dsn dsn;
  int connections = 4;  // pool size of one program
  absl::Duration connect_timeout = absl::Seconds(3);
  absl::Duration query_timeout = absl::Seconds(30);  // of one reply
  int datetime_offset_minutes = 0;                   // zone of the table's DATETIME columns, east of UTC
};

struct RedisSettings {
  std::string dsn_text;
  Dsn dsn;
  absl::Duration connect_timeout = absl::Seconds(2);
  absl::Duration reply_timeout = absl::Seconds(2);  // of one command
  absl::Duration retry_for = absl::Seconds(5);  // how long a batch of views is tried again, without a spool
  int wait_replicas = 0;                        // that must have a view before it is acknowledged
};

// Who may call SyncService and the gateway's changing routes.
struct AuthSettings {
  // Who may read without credentials. Whatever changes something always needs them, if there are any.
  enum class Reads { kLoopback, kEveryone, kCredentials };

  std::string tokens;       // separated by commas
  std::string tokens_file;  // one a line
  Reads reads = Reads::kLoopback;
};

// What clients may cost the two services. A connection is one TCP connection.
struct GrpcSettings {
  size_t max_connections = 800;                            // of one service, open at once
  int max_streams = 1000;                                  // calls under way on one connection
  size_t max_calls = 4096;                                 // unary calls being answered at once
  int max_message_bytes = 4 << 20;                         // of one request message, unpacked
  int max_metadata_bytes = 8192;                           // headers of one call; more closes the connection
  size_t memory_bytes = size_t{256} << 20;                 // for all connections' buffers
  int max_threads = 16;                                    // for reflection, a thread each call
  absl::Duration handshake_timeout = absl::Seconds(10);    // from connecting to the first HTTP/2 settings
  std::optional<absl::Duration> idle_timeout;              // of a connection without calls; none: it stays
  absl::Duration ping_interval = absl::Seconds(30);        // after which a silent peer is pinged
  absl::Duration ping_timeout = absl::Seconds(10);         // for its answer
  absl::Duration client_ping_interval = absl::Seconds(5);  // a client may ping as often, not more often
  int ping_strikes = 2;                                    // pings too early before the connection is closed
};

struct ArticleSettings {
  Address listen;
  TlsSettings tls;                               // its `ca`: of clients
  std::optional<Address> metrics_listen;         // none: no metrics
  size_t cache_bytes = size_t{32} << 20;         // memory for articles' texts, least recently used go first
  size_t count_entries = size_t{1} << 20;        // articles whose counts are remembered
  size_t absent_capacity = 100000;               // absent ids remembered
  absl::Duration cache_ttl = absl::Seconds(30);  // age at which text is read again, jittered by 20 %
  absl::Duration count_ttl = absl::Minutes(10);  // age at which a count without text is read again
  absl::Duration absent_ttl = absl::Seconds(1);  // how long an absent id is remembered
  absl::Duration query_timeout = absl::Seconds(3);  // of MySQL's reply to one read
  size_t max_batch = 16384;                         // views in one call to Redis
  size_t max_queued = 65536;                        // views that may wait; more is refused
  std::string spool;                                // file for views while Redis is away; empty: none
  bool spool_keeps_journal = false;                 // every view is in it until MySQL has it
  uint64_t spool_max_bytes = uint64_t{1} << 30;
  size_t journal_entries = size_t{4} << 20;  // articles with views remembered until MySQL has them
};

struct SyncSettings {
  Address listen;
  TlsSettings tls;  // its `ca`: of clients
  std::optional<Address> metrics_listen;
  std::optional<absl::Duration> interval = absl::Seconds(10);  // of the timer; none: only on request
  size_t chunk_articles = 5000;                                // articles in one transaction
  size_t busy_chunk_articles = 125;                            // while views come in
  absl::Duration busy_at_most = absl::Minutes(1);              // of one run
  size_t busy_views = 100;                                     // a second; more of them and a run gives way
  size_t lanes = 2;                                            // transactions of a run under way at once
  absl::Duration lease = absl::Seconds(5);  // wait for another syncer's run before working beside it
  size_t history_keep = 10000;              // runs kept in MySQL
};

struct GatewaySettings {
  Address listen;
  TlsSettings tls;           // of HTTPS, without a CA
  TlsSettings services_tls;  // to the services; its `ca` turns it on
  std::optional<Address> metrics_listen;
  Address article_service;
  Address sync_service;
  std::string admin_token;                             // taken beside those of AuthSettings
  absl::Duration request_timeout = absl::Seconds(10);  // of a call to a service
  absl::Duration idle_timeout = absl::Seconds(60);     // of a connection between requests
  absl::Duration header_timeout = absl::Seconds(10);   // to receive a whole request
  size_t max_header_bytes = 8192;
  size_t max_body_bytes = 65536;
  size_t max_connections = 10000;
  int max_requests = 8192;  // under way at once
  int threads = 1;
  int streams = 1;                       // ViewArticles streams to ArticleService, of each kind
  size_t text_bytes = size_t{48} << 20;  // memory for articles' texts as they are answered
  std::string cors_origins;              // of pages that may read the API; empty: none
  size_t max_event_streams = 4096;
  size_t max_event_streams_per_client = 100;  // of one address
  std::string trusted_proxies;                // whose X-Forwarded-For counts; empty: nobody's
  int max_requests_per_client = 0;            // of one address, under way at once; 0: no limit
  int request_rate_per_client = 0;            // of one address, a second; 0: no limit
  int request_burst_per_client = 100;         // of one address, at once after a rest
};

// Everything that app.yaml holds, checked. The file itself documents each key, its unit and range.
struct Settings {
  LogSettings log;
  MysqlSettings mysql;
  RedisSettings redis;
  GrpcSettings grpc;
  AuthSettings auth;
  ArticleSettings article;
  SyncSettings sync;
  GatewaySettings gateway;
  absl::Duration shutdown_grace = absl::Seconds(10);  // for calls under way at SIGTERM

  // Where each effective value came from (`app.yaml:12` or `environment`), and its text, by key.
  struct Origin {
    std::string place;
    std::string text;
  };
  std::map<std::string, Origin, std::less<>> origins;

  // `app.yaml:12: gateway.listen`, to begin a message about that key.
  std::string Where(absl::string_view key) const;

  // INVALID_ARGUMENT, naming key and place of each that is not, unless both DSNs are given.
  absl::Status RequireServers() const;
};

// True for keys whose values hold passwords or tokens, which are not to be shown.
bool IsSecret(absl::string_view key);

// OK if all are; otherwise INVALID_ARGUMENT with the messages of those that are not, a line each.
absl::Status JoinFaults(std::initializer_list<absl::Status> checks);

// Reads one environment variable; none if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment ProcessEnvironment();

// Reads the YAML file at `path`, then lets variables override keys: READCOUNT_SYNC_INTERVAL is
// `sync.interval`. INVALID_ARGUMENT lists every fault, a line each, with file, line and key: unknown
// keys, wrong types, values out of range, bad DSNs; NOT_FOUND if there is no such file.
absl::StatusOr<Settings> LoadSettings(const std::string& path, const Environment& environment);

}  // namespace readcount
