#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "readcount/v1/article_service.grpc.pb.h"
#include "readcount/v1/sync_service.grpc.pb.h"

namespace readcount::testing {

// The status of ArticleService once it satisfies `wanted`; fails the test if it does not in time. It cannot
// be watched, so it is asked again and again.
inline v1::ArticleServiceStatus AwaitArticleStatus(
    v1::ArticleService::Stub& stub, const std::function<bool(const v1::ArticleServiceStatus&)>& wanted) {
  constexpr std::chrono::seconds kLongest(30);
  constexpr std::chrono::milliseconds kLookAgain(20);
  const auto deadline = std::chrono::steady_clock::now() + kLongest;
  for (;;) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + kLongest);
    v1::ArticleServiceGetStatusResponse response;
    const grpc::Status status = stub.GetStatus(&context, {}, &response);
    const bool late = std::chrono::steady_clock::now() > deadline;
    EXPECT_TRUE(status.ok() && !late) << status.error_message() << response.ShortDebugString();
    if (!status.ok() || late || wanted(response.status())) return response.status();
    std::this_thread::sleep_for(kLookAgain);
  }
}

// The status of SyncService once it satisfies `wanted`, by WatchStatus; fails the test if it does not in
// time.
inline v1::SyncStatus AwaitSyncStatus(v1::SyncService::Stub& stub,
                                      const std::function<bool(const v1::SyncStatus&)>& wanted) {
  constexpr std::chrono::seconds kLongest(30);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + kLongest);
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
