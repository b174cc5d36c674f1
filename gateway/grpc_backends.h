#pragma once

#include <grpc/health/v1/health.grpc.pb.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/article_stream.h"
#include "gateway/backends.h"
#include "gateway/service_errors.h"
#include "readcount/v1/sync_service.grpc.pb.h"
#include "services/common/base/clock.h"
#include "services/common/config/settings.h"
#include "services/common/rpc/rpc_meter.h"
#include "services/common/rpc/status.h"

namespace readcount::gateway {

// A channel to a service that comes back soon after the service does; over TLS if `tls` has a CA.
std::shared_ptr<grpc::Channel> MakeChannel(const Address& address, const TlsSettings& tls = {});

// Tells the token to show to a service, now; empty for none. Thread-safe.
using ServiceToken = std::function<std::string()>;

// Whether a service can be reached, as its channel last knew for certain. Thread-safe.
class Reachability {
 public:
  explicit Reachability(std::shared_ptr<grpc::Channel> channel) : channel_(std::move(channel)) {}

  // False from a failed attempt to connect until one succeeds. A channel that is not connected begins to
  // connect.
  bool Check();

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  std::atomic<bool> reachable_ = true;
};

// Single calls to one service that are under way. Each has a deadline and ends, at the latest, with the
// object that started it, so that no callback outlives what it was given. Thread-safe.
class UnaryCalls {
 public:
  // `errors` and the service's `meter` must outlive the object.
  UnaryCalls(absl::Duration timeout, ServiceErrors& errors, RpcMeter& meter, ServiceToken token = nullptr)
      : timeout_(timeout), errors_(errors), meter_(meter), token_(std::move(token)) {}

  // Cancels what is under way and waits for it.
  ~UnaryCalls();

  // Calls `method` of the asynchronous `stub`, which is called `name`; `finish` hears of its end, once, on a
  // thread of gRPC.
  template <typename Response, typename Stub, typename Request, typename Finish>
  void Start(Stub& stub,
             void (Stub::*method)(grpc::ClientContext*, const Request*, Response*,
                                  std::function<void(grpc::Status)>),
             const char* name, Request request, const CallOptions& options, Finish finish) {
    struct Call {
      explicit Call(MethodMeter& meter) : metered(meter) {}
      const MeteredCall metered;
      grpc::ClientContext context;
      Request request;
      Response response;
      std::optional<Finish> finish;
    };
    auto call = std::make_shared<Call>(meter_.Method(name));
    call->request = std::move(request);
    call->finish.emplace(std::move(finish));
    Add(call->context, options);
    (stub.*method)(&call->context, &call->request, &call->response, [this, call](const grpc::Status& status) {
      call->metered.End(static_cast<absl::StatusCode>(status.error_code()));
      (*call->finish)(errors_.ForClient(FromGrpc(status)), call->response);
      // What it holds may not outlive this object, which may be gone after the next line.
      call->finish.reset();
      Remove(&call->context);
    });
  }

 private:
  void Add(grpc::ClientContext& context, const CallOptions& options);
  void Remove(grpc::ClientContext* context);
  bool Empty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return open_.empty(); }

  const absl::Duration timeout_;
  ServiceErrors& errors_;
  RpcMeter& meter_;
  const ServiceToken token_;

  absl::Mutex mutex_;
  std::set<grpc::ClientContext*> open_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
};

// ArticleService over gRPC: views over streams, everything else as single calls.
class GrpcArticleBackend final : public ArticleBackend {
 public:
  // `streams` for whole articles and as many for counts; `post` as ArticleStream has it.
  GrpcArticleBackend(const std::shared_ptr<grpc::Channel>& channel, int streams, absl::Duration timeout,
                     const ArticleStream::Post& post);

  ~GrpcArticleBackend() override;

  void View(uint64_t id, bool text, absl::Duration timeout, Callback<v1::Article> callback) override;
  void Get(uint64_t id, const CallOptions& options, Callback<v1::Article> callback) override;
  void BatchGet(std::vector<uint64_t> ids, const CallOptions& options,
                Callback<v1::BatchGetArticlesResponse> callback) override;
  void GetCounts(std::vector<uint64_t> ids, const CallOptions& options,
                 Callback<v1::BatchGetArticlesResponse> callback) override;
  void List(const v1::ListArticlesRequest& request, const CallOptions& options,
            Callback<v1::ListArticlesResponse> callback) override;
  void GetStatus(const CallOptions& options, Callback<v1::ArticleServiceStatus> callback) override;

  // To be called several times within the timeout.
  void EnforceTimeout();

  std::vector<ArticleStream::State> stream_states() const;
  const StreamTally& stream_tally() const { return tally_; }
  const RpcMeter& meter() const { return meter_; }

 private:
  using Streams = std::vector<std::unique_ptr<ArticleStream>>;

  void Add(ArticleStream::Asks asks, absl::Duration timeout, const ArticleStream::Post& post);
  Streams& Asking(bool text) { return text ? article_streams_ : count_streams_; }
  ArticleStream& NextStream(bool text);
  void ReadThenView(uint64_t id, bool text, absl::Duration patience, Callback<v1::Article> callback);
  void GetMany(const std::vector<uint64_t>& ids, bool counts_only, const CallOptions& options,
               Callback<v1::BatchGetArticlesResponse> callback);

  const std::unique_ptr<v1::ArticleService::Stub> stub_;
  ServiceErrors errors_;
  RpcMeter meter_ = RpcMeter::Of<v1::ViewArticleRequest>(RpcMeter::Side::kClient, "ArticleService");
  StreamTally tally_;
  Streams article_streams_, count_streams_;
  std::atomic<size_t> next_ = 0;
  UnaryCalls calls_;  // after the streams: its callbacks use them
};

class GrpcSyncBackend final : public SyncBackend {
 public:
  // Every call shows `token`.
  GrpcSyncBackend(const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout, ServiceToken token)
      : stub_(v1::SyncService::NewStub(channel)),
        errors_("the sync service", SystemClock()),
        token_(std::move(token)),
        calls_(timeout, errors_, meter_, token_) {}

  const RpcMeter& meter() const { return meter_; }

  void GetStatus(const CallOptions& options, Callback<v1::SyncStatus> callback) override;
  void RunSync(const std::string& requested_by, const CallOptions& options,
               Callback<v1::SyncRun> callback) override;
  void ListRuns(const v1::ListSyncRunsRequest& request, const CallOptions& options,
                Callback<v1::ListSyncRunsResponse> callback) override;
  void Audit(const CallOptions& options, Callback<v1::AuditResponse> callback) override;
  std::unique_ptr<Subscription> WatchStatus(Callback<v1::SyncStatus> tell) override;

 private:
  const std::unique_ptr<v1::SyncService::Stub> stub_;
  ServiceErrors errors_;
  RpcMeter meter_ = RpcMeter::Of<v1::RunSyncRequest>(RpcMeter::Side::kClient, "SyncService");
  const ServiceToken token_;
  UnaryCalls calls_;
};

class GrpcHealthBackend final : public HealthBackend {
 public:
  GrpcHealthBackend(const std::shared_ptr<grpc::Channel>& articles,
                    const std::shared_ptr<grpc::Channel>& sync, absl::Duration timeout)
      : articles_("the article service", articles, timeout, meter_),
        sync_("the sync service", sync, timeout, meter_) {}

  const RpcMeter& meter() const { return meter_; }

  // Asks both at once.
  void Check(std::function<void(const Readiness&)> callback) override;

 private:
  using Health = grpc::health::v1::Health;
  struct Service {
    Service(absl::string_view name, const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout,
            RpcMeter& meter)
        : stub(Health::NewStub(channel)), errors(name, SystemClock()), calls(timeout, errors, meter) {}

    const std::unique_ptr<Health::Stub> stub;
    ServiceErrors errors;
    UnaryCalls calls;
  };

  static void CheckOne(Service& service, const char* name, std::function<void(absl::Status)> callback);

  RpcMeter meter_ = RpcMeter::Of<grpc::health::v1::HealthCheckRequest>(RpcMeter::Side::kClient, "Health");
  Service articles_, sync_;
};

}  // namespace readcount::gateway
