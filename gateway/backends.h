#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/call_options.h"
#include "readcount/v1/article_service.pb.h"
#include "readcount/v1/sync_service.pb.h"

namespace readcount::gateway {

template <typename T>
using Callback = std::function<void(const absl::StatusOr<T>&)>;

// The services behind the gateway, as handlers see them. Callbacks run once, on any thread, within the
// request timeout and that of the options. Errors are the services' own, UNAVAILABLE if one cannot be
// reached, DEADLINE_EXCEEDED if it does not answer. Thread-safe.
class ArticleBackend {
 public:
  virtual ~ArticleBackend() = default;

  // Records one view and answers the article, without `text` only its id and count. After an error other than
  // NOT_FOUND, INVALID_ARGUMENT and RESOURCE_EXHAUSTED the view may have been counted, unless the message
  // says that it was not; it is never sent twice. Views share messages, so of what a request passes on only
  // the time that it waits, `timeout`, goes with them.
  virtual void View(uint64_t id, bool text, absl::Duration timeout, Callback<v1::Article> callback) = 0;

  virtual void Get(uint64_t id, const CallOptions& options, Callback<v1::Article> callback) = 0;
  // 1 to 1000 ids, a result for each in their order; of articles only ids and counts for GetCounts.
  virtual void BatchGet(std::vector<uint64_t> ids, const CallOptions& options,
                        Callback<v1::BatchGetArticlesResponse> callback) = 0;
  virtual void GetCounts(std::vector<uint64_t> ids, const CallOptions& options,
                         Callback<v1::BatchGetArticlesResponse> callback) = 0;
  virtual void List(const v1::ListArticlesRequest& request, const CallOptions& options,
                    Callback<v1::ListArticlesResponse> callback) = 0;
  virtual void GetStatus(const CallOptions& options, Callback<v1::ArticleServiceStatus> callback) = 0;
};

// Something that goes on until the object ends; its end waits for callbacks that run.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

class SyncBackend {
 public:
  virtual ~SyncBackend() = default;
  virtual void GetStatus(const CallOptions& options, Callback<v1::SyncStatus> callback) = 0;
  virtual void RunSync(const std::string& requested_by, const CallOptions& options,
                       Callback<v1::SyncRun> callback) = 0;
  virtual void ListRuns(const v1::ListSyncRunsRequest& request, const CallOptions& options,
                        Callback<v1::ListSyncRunsResponse> callback) = 0;
  virtual void Audit(const CallOptions& options, Callback<v1::AuditResponse> callback) = 0;

  // Tells the status now and after every change, one call after the other, at last, once, an error.
  virtual std::unique_ptr<Subscription> WatchStatus(Callback<v1::SyncStatus> tell) = 0;
};

// Health of both services: OK if it serves, else why not.
struct Readiness {
  absl::Status article_service;
  absl::Status sync_service;
};

class HealthBackend {
 public:
  virtual ~HealthBackend() = default;
  virtual void Check(std::function<void(const Readiness&)> callback) = 0;
};

}  // namespace readcount::gateway
