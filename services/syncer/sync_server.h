#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "readcount/v1/sync_service.grpc.pb.h"
#include "services/common/auth/auth_gate.h"
#include "services/common/auth/token_store.h"
#include "services/common/base/file_watch.h"
#include "services/common/base/health_probe.h"
#include "services/common/base/sleeper.h"
#include "services/common/base/thread_pool.h"
#include "services/common/config/settings.h"
#include "services/common/durability/monitor.h"
#include "services/common/ledger/redis_batch_ledger.h"
#include "services/common/metrics/exporter.h"
#include "services/common/mysql/pool.h"
#include "services/common/rpc/program.h"
#include "services/common/rpc/server.h"
#include "services/syncer/auditor.h"
#include "services/syncer/engine.h"
#include "services/syncer/gated_rpc.h"
#include "services/syncer/letter_rpc.h"
#include "services/syncer/mysql_book_keeper.h"
#include "services/syncer/mysql_dead_letter_box.h"
#include "services/syncer/mysql_run_history.h"
#include "services/syncer/mysql_store.h"
#include "services/syncer/pace.h"
#include "services/syncer/status_board.h"
#include "services/syncer/sync_metrics.h"
#include "services/syncer/sync_rpc.h"
#include "services/syncer/sync_runner.h"
#include "services/syncer/ticker.h"
#include "services/syncer/traffic.h"

namespace readcount {

// The whole of sync-service, built from its settings. Serves at once, also while MySQL or Redis is away: the
// health of readcount.v1.SyncService tells whether both answer and the schema is
// complete.
class SyncServer final : public Program {
 public:
  // INVALID_ARGUMENT if a DSN is missing, a token or certificate cannot be used or strangers could run syncs;
  // the message names key and place of each.
  static absl::Status Check(const Settings& settings);

  // As Check; UNAVAILABLE if the address is taken, with key and place.
  static absl::StatusOr<std::unique_ptr<Program>> Start(const Settings& settings);

  SyncServer(const Settings& settings, std::unique_ptr<TokenStore> tokens);
  ~SyncServer() override;

  Address address() const override { return server_->address(); }
  void Drain(absl::Duration grace) override;

 private:
  absl::Status Listen(const Settings& settings);
  void StartTicker(absl::Duration interval);
  bool MysqlAnswers();
  void CountLetters();
  bool BackendsAnswer();
  absl::Status Tick();

  // In the order of their lives: each uses those before it.
  const std::unique_ptr<TokenStore> tokens_;
  AuthGate gate_;
  FileWatch tls_watch_;
  EventSleeper engine_sleeper_;
  EventSleeper ticker_sleeper_;
  EventSleeper probe_sleeper_;
  EventSleeper letters_sleeper_;
  mysql::Pool mysql_;
  MysqlRunHistory history_;
  MysqlBookKeeper keeper_;
  MysqlBatchStore store_;
  MysqlDeadLetterBox letters_;
  RedisBatchLedger ledger_;
  RedisBatchLedger probe_ledger_;
  StatusBoard board_;
  SyncMetrics metrics_;
  DurabilityMonitor durability_;
  Traffic traffic_;
  Pace pace_;
  Engine engine_;
  Auditor auditor_;
  SyncRunner runner_;
  ThreadPool history_thread_;
  ThreadPool letters_thread_;
  SyncServiceRpc rpc_;
  GatedSyncRpc gated_rpc_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<v1::SyncService::Stub> own_stub_;
  std::unique_ptr<HealthProbe> probe_;
  std::unique_ptr<Ticker> ticker_;
  std::unique_ptr<MetricsExporter> exporter_;
};

}  // namespace readcount
