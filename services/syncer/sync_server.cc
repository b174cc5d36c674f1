#include "services/syncer/sync_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/clock.h"
#include "services/common/base/timer.h"
#include "services/common/durability/mysql_facts.h"
#include "services/common/durability/redis_facts.h"
#include "services/common/redis/connection.h"
#include "services/common/rpc/status.h"
#include "services/common/tls/certificates.h"

namespace readcount {
namespace {

constexpr char kServiceName[] = "readcount.v1.SyncService";
constexpr absl::Duration kProbeInterval = absl::Seconds(1);
constexpr uint64_t kMostLettersCounted = 10'000;  // at each probe, which takes a few milliseconds

absl::Status CheckAll(const Settings& settings, const absl::StatusOr<std::unique_ptr<TokenStore>>& tokens) {
  const absl::Time now = SystemClock().Now();
  return JoinFaults({settings.RequireServers(),
                     tokens.ok() ? RequireCredentials(settings, **tokens, IsReachable(settings.sync.listen))
                                 : tokens.status(),
                     CheckTls(settings, kSyncTls, settings.sync.tls, now), CheckMysqlTls(settings, now)});
}

}  // namespace

absl::Status SyncServer::Check(const Settings& settings) {
  return CheckAll(settings, TokenStore::Open(settings));
}

absl::StatusOr<std::unique_ptr<Program>> SyncServer::Start(const Settings& settings) {
  absl::StatusOr<std::unique_ptr<TokenStore>> tokens = TokenStore::Open(settings);
  if (absl::Status status = CheckAll(settings, tokens); !status.ok()) return status;
  WarnOfPlaintext(settings, "sync.listen", settings.sync.listen, settings.sync.tls,
                  IsReachable(settings.sync.listen));
  auto server = std::make_unique<SyncServer>(settings, *std::move(tokens));
  if (absl::Status status = server->Listen(settings); !status.ok()) return status;
  return server;
}

SyncServer::SyncServer(const Settings& settings, std::unique_ptr<TokenStore> tokens)
    : tokens_(std::move(tokens)),
      gate_(*tokens_, /*certificates=*/!settings.sync.tls.ca.empty(), settings.auth.reads),
      tls_watch_(FilesOf(settings.sync.tls)),
      mysql_(settings.mysql, SystemClock()),
      history_(mysql_, settings.sync.history_keep),
      keeper_(mysql_),
      store_(settings.mysql, settings.sync.lanes),
      letters_(mysql_, settings.mysql, letters_sleeper_),
      ledger_(settings.redis),
      probe_ledger_(settings.redis),
      board_(SystemClock()),
      metrics_(board_, store_.dead_letters(), letters_.tally(), gate_.tally()),
      durability_(
          {}, [redis = settings.redis] { return ReadRedisFacts(redis); },
          [this] { return ReadMysqlFacts(mysql_); }, SystemClock()),
      traffic_(static_cast<double>(settings.sync.busy_views), SystemClock()),
      pace_({.chunk_articles = settings.sync.chunk_articles,
             .busy_chunk_articles = settings.sync.busy_chunk_articles,
             .busy_at_most = settings.sync.busy_at_most},
            traffic_, SystemClock(), engine_sleeper_),
      engine_({.lease = settings.sync.lease}, ledger_, store_, pace_, engine_sleeper_),
      auditor_(ledger_, keeper_),
      runner_(engine_, auditor_, history_, board_, SystemClock()),
      history_thread_(1),
      letters_thread_(1),
      rpc_(runner_, board_, history_, history_thread_, {letters_, history_thread_, letters_thread_},
           SystemClock()),
      gated_rpc_(gate_, rpc_, rpc_.meter()) {
  tls_watch_.Start([settings] { LogTlsChange(settings, kSyncTls, settings.sync.tls, SystemClock().Now()); });
}

// The ticker first, then the server: it ends when the last call has, and every call needs the parts before
// it.
SyncServer::~SyncServer() {
  ticker_.reset();
  probe_.reset();
  server_.reset();
}

absl::Status SyncServer::Listen(const Settings& settings) {
  absl::StatusOr<std::unique_ptr<RpcServer>> server =
      RpcServer::Start(settings.grpc, settings.sync.listen, {&gated_rpc_}, settings.sync.tls);
  if (!server.ok()) {
    return {server.status().code(),
            absl::StrCat(settings.Where("sync.listen"), ": ", server.status().message())};
  }
  server_ = *std::move(server);
  server_->SetServing(kServiceName, false);
  probe_ = std::make_unique<HealthProbe>(
      kProbeInterval, probe_sleeper_, [this] { return BackendsAnswer(); },
      [this](bool serving) { server_->SetServing(kServiceName, serving); });
  own_stub_ = v1::SyncService::NewStub(server_->InProcessChannel());
  absl::StatusOr<std::unique_ptr<MetricsExporter>> exporter =
      MetricsExporter::Start(settings, "sync.metrics_listen", settings.sync.metrics_listen,
                             {&metrics_, &rpc_.meter(), &redis::Meter(), &mysql::Meter()});
  if (!exporter.ok()) return exporter.status();
  exporter_ = *std::move(exporter);
  if (settings.sync.interval.has_value()) StartTicker(*settings.sync.interval);
  return absl::OkStatus();
}

void SyncServer::StartTicker(absl::Duration interval) {
  ticker_ = std::make_unique<Ticker>(
      Ticker::Settings{.interval = interval}, SystemClock(), ticker_sleeper_, [this] { return Tick(); },
      [this](absl::Time next) { board_.NextRunAt(next); });
}

// The timer is a client like any other; its token shows that it is the process itself.
absl::Status SyncServer::Tick() {
  grpc::ClientContext context;
  v1::RunSyncRequest request;
  v1::RunSyncResponse response;
  request.set_requested_by(SyncRunner::kTimer);
  context.AddMetadata("authorization", absl::StrCat("Bearer ", gate_.own_token()));
  return FromGrpc(own_stub_->RunSync(&context, request, &response));
}

bool SyncServer::MysqlAnswers() {
  absl::StatusOr<mysql::Pool::Lease> connection = mysql_.Acquire();
  return connection.ok() && (*connection)->Execute("SELECT 1").ok();
}

void SyncServer::CountLetters() {
  const absl::StatusOr<uint64_t> letters = letters_.Count(kMostLettersCounted);
  if (letters.ok()) metrics_.LettersSeen(*letters);
}

bool SyncServer::BackendsAnswer() {
  const absl::StatusOr<BatchLedger::Pending> pending = probe_ledger_.ReadPending();
  if (pending.ok()) {
    board_.PendingSeen(*pending);
    traffic_.Seen(*pending);
  }
  const bool mysql = MysqlAnswers();
  if (mysql) CountLetters();
  metrics_.ServersSeen(pending.ok(), mysql);
  durability_.Look(pending.ok(), mysql);
  const Durability durability = durability_.Read();
  board_.DurabilitySeen(durability);
  return pending.ok() && mysql && durability.schema_complete;
}

void SyncServer::Drain(absl::Duration grace) {
  ticker_sleeper_.Cancel();
  // Whoever waits between two attempts must not outlast the grace; the next run goes on.
  engine_sleeper_.Cancel();
  letters_sleeper_.Cancel();
  // A run that works may finish within the grace.
  Timer timer(SystemClock());
  timer.After(grace, [this] { engine_.Stop(); });
  rpc_.EndWatches();
  server_->Drain(grace);
  engine_.Stop();
}

}  // namespace readcount
