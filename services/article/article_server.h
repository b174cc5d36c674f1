#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "services/article/article_metrics.h"
#include "services/article/article_rpc.h"
#include "services/article/cache.h"
#include "services/article/listing.h"
#include "services/article/loader.h"
#include "services/article/mysql_life_registry.h"
#include "services/article/mysql_repository.h"
#include "services/article/reader.h"
#include "services/article/service_status.h"
#include "services/article/spool.h"
#include "services/article/view_recorder.h"
#include "services/common/base/file_watch.h"
#include "services/common/base/health_probe.h"
#include "services/common/base/poller.h"
#include "services/common/base/sleeper.h"
#include "services/common/base/thread_pool.h"
#include "services/common/config/settings.h"
#include "services/common/durability/monitor.h"
#include "services/common/ledger/redis_view_ledger.h"
#include "services/common/metrics/exporter.h"
#include "services/common/mysql/pool.h"
#include "services/common/rpc/program.h"
#include "services/common/rpc/server.h"

namespace readcount {

// The whole of article-service, built from its settings. Serves at once, also while MySQL or Redis is away:
// the health of readcount.v1.ArticleService tells whether both answer and the schema is
// complete.
class ArticleServer final : public Program {
 public:
  // INVALID_ARGUMENT if a DSN is missing, a certificate cannot be used, or the spool's file is or cannot be
  // where it should; the message names key and place of each.
  static absl::Status Check(const Settings& settings);

  // As Check; FAILED_PRECONDITION if the spool cannot be had, UNAVAILABLE if the address is taken, with key
  // and place.
  static absl::StatusOr<std::unique_ptr<Program>> Start(const Settings& settings);

  // `spool` may be none; `left` is what it holds.
  ArticleServer(const Settings& settings, std::unique_ptr<Spool> spool,
                const std::vector<SpooledWriter>& left);
  ~ArticleServer() override;

  Address address() const override { return server_->address(); }
  void Drain(absl::Duration grace) override;

 private:
  absl::Status Listen(const Settings& settings);
  bool BackendsAnswer();

  // In the order of their lives: each uses those before it.
  FileWatch tls_watch_;
  EventSleeper retry_sleeper_;
  EventSleeper probe_sleeper_;
  mysql::Pool mysql_;
  MysqlArticleRepository repository_;
  MysqlLifeRegistry registry_;
  RedisViewLedger ledger_;
  const std::unique_ptr<Spool> spool_;
  ArticleCache cache_;
  ArticleLoader loader_;
  ViewRecorder recorder_;
  ArticleReader reader_;
  ThreadPool listing_threads_;
  ArticleListing listing_;
  DurabilityMonitor durability_;
  ArticleStatusReader status_;
  const ArticleMetrics metrics_;
  ArticleServiceRpc rpc_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<HealthProbe> probe_;
  std::unique_ptr<Poller> watch_poller_;
  std::unique_ptr<MetricsExporter> exporter_;
};

}  // namespace readcount
