#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "readcount/v1/article_service.grpc.pb.h"
#include "readcount/v1/sync_service.grpc.pb.h"
#include "tests/support/await.h"

namespace readcount::testing {

constexpr absl::Duration kLongestStatusWait = absl::Seconds(30);

// The status of ArticleService once it satisfies `wanted`; fails the test if it does not in time. It cannot
// be watched, so it is asked again and again.
inline v1::ArticleServiceStatus AwaitArticleStatus(
    v1::ArticleService::Stub& stub, const std::function<bool(const v1::ArticleServiceStatus&)>& wanted) {
  v1::ArticleServiceGetStatusResponse response;
  grpc::Status status;
  const auto is_over = [&] {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(absl::ToChronoTime(absl::Now() + kLongestStatusWait));
    status = stub.GetStatus(&context, {}, &response);
    return !status.ok() || wanted(response.status());
  };
  EXPECT_TRUE(Await(is_over, kLongestStatusWait) && status.ok())
      << status.error_message() << response.ShortDebugString();
  return response.status();
}

// The status of SyncService once it satisfies `wanted`, by WatchStatus; fails the test if it does not in
// time.
inline v1::SyncStatus AwaitSyncStatus(v1::SyncService::Stub& stub,
                                      const std::function<bool(const v1::SyncStatus&)>& wanted) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(absl::ToChronoTime(absl::Now() + kLongestStatusWait));
  const auto watch = stub.WatchStatus(&context, {});
  v1::WatchStatusResponse response;
  while (watch->Read(&response)) {
    if (!wanted(response.status())) continue;
    context.TryCancel();
    return response.status();
  }
  ADD_FAILURE() << "the status stays " << response.ShortDebugString();
  return response.status();
}

inline std::unique_ptr<v1::SyncService::Stub> SyncStub(const std::string& address) {
  return v1::SyncService::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
}

}  // namespace readcount::testing
