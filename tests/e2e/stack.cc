#include "tests/e2e/stack.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

namespace readcount::testing {

std::map<std::string, std::string> Stack::ServerVariables() {
  return {{"READCOUNT_REDIS_DSN", SharedRedis().url()}, {"READCOUNT_MYSQL_DSN", SharedMariadb().url()}};
}

Stack::Stack(uint64_t article_count, const std::string& sync_interval) {
  ResetServers(article_count);
  std::map<std::string, std::string> variables = ServerVariables();
  variables["READCOUNT_SYNC_INTERVAL"] = sync_interval;
  article_service = std::make_unique<ProgramProcess>("article-service", variables);
  sync_service = std::make_unique<ProgramProcess>("sync-service", variables);
  variables["READCOUNT_GATEWAY_ARTICLE_SERVICE"] = article_service->address();
  variables["READCOUNT_GATEWAY_SYNC_SERVICE"] = sync_service->address();
  gateway = std::make_unique<ProgramProcess>("gateway", variables);
  const auto channel = [](const std::string& address) {
    return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  };
  articles = v1::ArticleService::NewStub(channel(article_service->address()));
  syncer = v1::SyncService::NewStub(channel(sync_service->address()));
}

v1::SyncRun Stack::RunSync(v1::SyncService::Stub& stub) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  v1::RunSyncRequest request;
  v1::RunSyncResponse response;
  request.set_requested_by("test");
  const grpc::Status status = stub.RunSync(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.run();
}

v1::AuditResponse Stack::Audit() {
  grpc::ClientContext context;
  v1::AuditResponse response;
  const grpc::Status status = syncer->Audit(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

uint64_t Stack::ViewsInMysql() {
  return SharedMariadb().Number("SELECT SUM(read_count) FROM articles");
}

}  // namespace readcount::testing
