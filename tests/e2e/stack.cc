#include "tests/e2e/stack.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/functional/function_ref.h"
#include "tests/support/await.h"

namespace readcount::testing {

std::map<std::string, std::string> Stack::ServerVariables() {
  return {{"READCOUNT_REDIS_DSN", SharedRedis().url()},
          {"READCOUNT_MYSQL_DSN", SharedMariadb().url()},
          {"READCOUNT_SYNC_BUSY_VIEWS", "1000000000"}};
}

Stack::Stack(uint64_t article_count, const std::string& sync_interval,
             const std::map<std::string, std::string>& more) {
  ResetServers(article_count);
  std::map<std::string, std::string> variables = ServerVariables();
  variables["READCOUNT_SYNC_INTERVAL"] = sync_interval;
  for (const auto& [name, value] : more) variables[name] = value;
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

namespace {

// Asks again while a server that was away a moment ago is not back; fails the test if that takes too long.
void AwaitOk(absl::FunctionRef<grpc::Status(grpc::ClientContext&)> call) {
  constexpr absl::Duration kLongest = absl::Seconds(60);
  grpc::Status status;
  const auto is_over = [&] {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(absl::ToChronoTime(absl::Now() + kLongest));
    status = call(context);
    return status.error_code() != grpc::StatusCode::UNAVAILABLE;
  };
  EXPECT_TRUE(Await(is_over) && status.ok()) << status.error_code() << ": " << status.error_message();
}

}  // namespace

v1::SyncRun Stack::RunSync(v1::SyncService::Stub& stub) {
  v1::RunSyncRequest request;
  v1::RunSyncResponse response;
  request.set_requested_by("test");
  AwaitOk([&](grpc::ClientContext& context) { return stub.RunSync(&context, request, &response); });
  return response.run();
}

v1::AuditResponse Stack::Audit() {
  v1::AuditResponse response;
  AwaitOk([&](grpc::ClientContext& context) { return syncer->Audit(&context, {}, &response); });
  return response;
}

void Stack::AwaitFreshCounts() {
  HttpClient client(gateway->address());
  const auto fresh = [&] {
    const std::optional<HttpReply> reply = client.Get("/api/article/1?view=false");
    return reply.has_value() && reply->status == 200 &&
           reply->body.find("\"read_count_stale\":true") == std::string::npos;
  };
  EXPECT_TRUE(Await(fresh)) << "counts stay stale";
}

void Stack::ExpectBooksToBalance(const Load& load) {
  RunSync();
  const uint64_t counted = ViewsInMysql();
  EXPECT_GE(counted, load.acknowledged());
  EXPECT_LE(counted, load.acknowledged() + load.unknown());
  const v1::AuditResponse books = Audit();
  EXPECT_EQ(books.difference(), 0);
  EXPECT_EQ(books.recorded(), static_cast<int64_t>(counted));
  EXPECT_EQ(books.applied(), static_cast<int64_t>(counted));
  EXPECT_EQ(books.added_by_others(), 0);
  EXPECT_EQ(books.taken_by_others(), 0);
}

uint64_t Stack::ViewsInMysql() {
  return SharedMariadb().Number("SELECT SUM(read_count) FROM articles");
}

}  // namespace readcount::testing
