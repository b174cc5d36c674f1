#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/endpoint.h"
#include "readcount/v1/sync_service.pb.h"

namespace readcount::cli {

// SyncService for commands. Errors are those of the service, with what to do; of calls that change something
// UNKNOWN when the answer was lost: repeating them is harmless. Thread-safe.
class SyncClient {
 public:
  explicit SyncClient(Endpoint endpoint);
  ~SyncClient();
  SyncClient(const SyncClient&) = delete;
  SyncClient& operator=(const SyncClient&) = delete;

  // Waits as long as the run takes, until Cancel.
  absl::StatusOr<v1::SyncRun> RunSync(const std::string& requested_by);

  absl::StatusOr<v1::SyncStatus> GetStatus();

  // Tells `tell` each status until it returns false, the stream breaks or Cancel is called.
  absl::Status WatchStatus(const std::function<bool(const v1::SyncStatus&)>& tell);

  absl::StatusOr<v1::ListSyncRunsResponse> ListSyncRuns(const v1::ListSyncRunsRequest& request);
  absl::StatusOr<v1::AuditResponse> Audit();

  absl::StatusOr<v1::ListDeadLettersResponse> ListDeadLetters(const v1::ListDeadLettersRequest& request);
  absl::StatusOr<v1::RetryDeadLettersResponse> RetryDeadLetters(const v1::RetryDeadLettersRequest& request);
  absl::StatusOr<v1::DropDeadLettersResponse> DropDeadLetters(const v1::DropDeadLettersRequest& request);

  // Breaks off RunSync and WatchStatus, those under way and later ones: they end with CANCELLED.
  void Cancel();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace readcount::cli
