#pragma once

#include <map>
#include <memory>
#include <string>

#include "readcount/v1/article_service.grpc.pb.h"
#include "readcount/v1/sync_service.grpc.pb.h"
#include "tests/e2e/load.h"
#include "tests/support/http_client.h"
#include "tests/support/program.h"
#include "tests/support/servers.h"

namespace readcount::testing {

// The three real programs on fresh data in the real servers.
struct Stack {
  // `sync_interval` as in app.yaml; `more` are variables of all three.
  explicit Stack(uint64_t articles = 2, const std::string& sync_interval = "off",
                 const std::map<std::string, std::string>& more = {});

  // Variables that name the servers, and let runs work on all lanes though views come in.
  static std::map<std::string, std::string> ServerVariables();

  // What a sync moved; fails the test if it does not succeed.
  v1::SyncRun RunSync() { return RunSync(*syncer); }
  static v1::SyncRun RunSync(v1::SyncService::Stub& stub);
  v1::AuditResponse Audit();

  // Waits until ArticleService has recorded what it held and counts exactly again.
  void AwaitFreshCounts();

  // After a sync, every view that was acknowledged is in MySQL; of those whose answer was lost each is there
  // once or not at all; and the books say so.
  void ExpectBooksToBalance(const Load& load);

  // Views that MySQL has, in all articles.
  static uint64_t ViewsInMysql();

  std::unique_ptr<ProgramProcess> article_service, sync_service, gateway;
  std::unique_ptr<v1::ArticleService::Stub> articles;
  std::unique_ptr<v1::SyncService::Stub> syncer;
};

}  // namespace readcount::testing
