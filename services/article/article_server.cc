#include "services/article/article_server.h"

#include <limits>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "services/article/sqlite_spool.h"
#include "services/common/base/clock.h"
#include "services/common/durability/mysql_facts.h"
#include "services/common/durability/redis_facts.h"
#include "services/common/redis/connection.h"
#include "services/common/tls/certificates.h"

namespace readcount {
namespace {

constexpr char kServiceName[] = "readcount.v1.ArticleService";
constexpr absl::Duration kProbeInterval = absl::Seconds(1);
constexpr absl::Duration kWatchInterval = absl::Milliseconds(500);

ArticleCache::Settings CacheSettings(const ArticleSettings& article) {
  return {.bytes = article.cache_bytes,
          .counts = article.count_entries,
          .absent_capacity = article.absent_capacity,
          .ttl = article.cache_ttl,
          .count_ttl = article.count_ttl,
          .absent_ttl = article.absent_ttl};
}

ViewRecorder::Settings RecorderSettings(const Settings& settings) {
  absl::BitGen random;
  return {.writer = absl::Uniform<uint64_t>(random, 1, std::numeric_limits<uint64_t>::max()),
          .max_batch = settings.article.max_batch,
          .max_queued = settings.article.max_queued,
          .retry_for = settings.redis.retry_for,
          .journal_entries = settings.article.journal_entries,
          .keep_journal = settings.article.spool_keeps_journal};
}

MysqlSettings MysqlForReads(const Settings& settings) {
  MysqlSettings mysql = settings.mysql;
  mysql.query_timeout = settings.article.query_timeout;
  return mysql;
}

absl::Status CheckSpool(const Settings& settings) {
  if (settings.article.spool.empty()) {
    if (!settings.article.spool_keeps_journal) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(settings.Where("article.spool_keeps"), ": everything needs a file: set article.spool"));
  }
  absl::Status file = SqliteSpool::Check(settings.article.spool);
  if (file.ok()) return file;
  return absl::InvalidArgumentError(absl::StrCat(settings.Where("article.spool"), ": ", file.message()));
}

}  // namespace

absl::Status ArticleServer::Check(const Settings& settings) {
  const absl::Time now = SystemClock().Now();
  return JoinFaults({settings.RequireServers(), CheckSpool(settings),
                     CheckTls(settings, kArticleTls, settings.article.tls, now),
                     CheckMysqlTls(settings, now)});
}

absl::StatusOr<std::unique_ptr<Program>> ArticleServer::Start(const Settings& settings) {
  if (absl::Status status = Check(settings); !status.ok()) return status;
  WarnOfPlaintext(settings, "article.listen", settings.article.listen, settings.article.tls,
                  IsReachable(settings.article.listen));
  std::unique_ptr<Spool> spool;
  std::vector<SpooledWriter> left;
  if (!settings.article.spool.empty()) {
    absl::StatusOr<std::unique_ptr<SqliteSpool>> opened =
        SqliteSpool::Open(settings.article.spool, settings.article.spool_max_bytes);
    absl::StatusOr<std::vector<SpooledWriter>> loaded = opened.ok() ? (*opened)->Load() : opened.status();
    if (!loaded.ok()) {
      return absl::Status(loaded.status().code(),
                          absl::StrCat(settings.Where("article.spool"), ": ", loaded.status().message()));
    }
    spool = *std::move(opened);
    left = *std::move(loaded);
  }
  auto server = std::make_unique<ArticleServer>(settings, std::move(spool), left);
  if (absl::Status status = server->Listen(settings); !status.ok()) return status;
  return server;
}

ArticleServer::ArticleServer(const Settings& settings, std::unique_ptr<Spool> spool,
                             const std::vector<SpooledWriter>& left)
    : tls_watch_(FilesOf(settings.article.tls)),
      mysql_(MysqlForReads(settings), SystemClock()),
      repository_(mysql_, absl::Minutes(settings.mysql.datetime_offset_minutes)),
      registry_(mysql_),
      ledger_(settings.redis),
      spool_(std::move(spool)),
      cache_(CacheSettings(settings.article), SystemClock()),
      loader_({.threads = settings.mysql.connections, .max_queued = settings.article.max_queued}, repository_,
              cache_, SystemClock()),
      recorder_(RecorderSettings(settings), ledger_, registry_, spool_.get(), left, SystemClock(),
                retry_sleeper_),
      reader_(cache_, loader_, recorder_, {}),
      listing_threads_(settings.mysql.connections),
      listing_(repository_, reader_, listing_threads_),
      durability_(
          {.memory = settings.article.spool_keeps_journal ? WriterMemory::kDisk : WriterMemory::kProcess},
          [redis = settings.redis] { return ReadRedisFacts(redis); },
          [this] { return ReadMysqlFacts(mysql_); }, SystemClock()),
      status_({.spool_max_bytes = settings.article.spool_max_bytes,
               .journal_max_entries = settings.article.journal_entries},
              recorder_, spool_.get(), durability_),
      metrics_(status_, recorder_, cache_),
      rpc_(settings.grpc.max_calls, reader_, listing_, status_) {
  tls_watch_.Start(
      [settings] { LogTlsChange(settings, kArticleTls, settings.article.tls, SystemClock().Now()); });
}

// The server goes first: it ends when the last call has, and every call needs the parts before it.
ArticleServer::~ArticleServer() {
  watch_poller_.reset();
  probe_.reset();
  server_.reset();
}

absl::Status ArticleServer::Listen(const Settings& settings) {
  absl::StatusOr<std::unique_ptr<RpcServer>> server =
      RpcServer::Start(settings.grpc, settings.article.listen, {&rpc_}, settings.article.tls);
  if (!server.ok()) {
    return {server.status().code(),
            absl::StrCat(settings.Where("article.listen"), ": ", server.status().message())};
  }
  server_ = *std::move(server);
  server_->SetServing(kServiceName, false);
  probe_ = std::make_unique<HealthProbe>(
      kProbeInterval, probe_sleeper_, [this] { return BackendsAnswer(); },
      [this](bool serving) { server_->SetServing(kServiceName, serving); });
  watch_poller_ = std::make_unique<Poller>(kWatchInterval, [this] { rpc_.PollWatches(); });
  absl::StatusOr<std::unique_ptr<MetricsExporter>> exporter =
      MetricsExporter::Start(settings, "article.metrics_listen", settings.article.metrics_listen,
                             {&metrics_, &rpc_.meter(), &redis::Meter(), &mysql::Meter()});
  if (!exporter.ok()) return exporter.status();
  exporter_ = *std::move(exporter);
  return absl::OkStatus();
}

bool ArticleServer::BackendsAnswer() {
  absl::Notification answered;
  bool redis = false;
  const absl::Status asked =
      recorder_.Submit({}, /*record=*/false, [&](const absl::StatusOr<RecordedViews>& outcome) {
        redis = outcome.ok();
        answered.Notify();
      });
  if (asked.ok()) answered.WaitForNotification();
  const absl::Status mysql = repository_.Ping();
  status_.MysqlSeen(mysql);
  durability_.Look(redis, mysql.ok());
  return mysql.ok() && durability_.Read().schema_complete && (redis || recorder_.status().holds);
}

void ArticleServer::Drain(absl::Duration grace) {
  // Whoever waits between two attempts must not outlast the grace.
  retry_sleeper_.Cancel();
  probe_sleeper_.Cancel();
  rpc_.EndStreams();
  server_->Drain(grace);
  probe_.reset();
}

}  // namespace readcount
