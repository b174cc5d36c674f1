#include "gateway/grpc_backends.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/status_stream.h"
#include "services/common/base/clock.h"
#include "services/common/rpc/credentials.h"

namespace readcount::gateway {
namespace {

// Not more often than grpc.client_ping_interval of the services lets a client.
constexpr int kPingAfterMs = 10'000, kPingTimeoutMs = 5000;
constexpr int kFirstReconnectMs = 100, kMostReconnectMs = 2000, kConnectTimeoutMs = 2000;
// A batch of 1000 views of texts of 64 KB fits.
constexpr int kMaxReplyBytes = 80 << 20;

constexpr char kRequestId[] = "x-request-id", kTraceparent[] = "traceparent";

// Why a run failed may name servers and addresses, which are not for strangers.
void HideReason(std::string& error) {
  if (!error.empty()) error = "the run failed: the log of the sync service tells why";
}
void HideReason(v1::ItemError& error, ServiceErrors& errors) {
  const absl::Status shown = errors.ForClient({static_cast<absl::StatusCode>(error.code()), error.message()});
  error.set_code(static_cast<int>(shown.code()));
  error.set_message(std::string(shown.message()));
}
void HideReasons(v1::SyncStatus& status) {
  HideReason(*status.mutable_last_error());
  if (status.has_last_run()) HideReason(*status.mutable_last_run()->mutable_error());
}

}  // namespace

UnaryCalls::~UnaryCalls() {
  absl::MutexLock lock(&mutex_);
  closing_ = true;
  for (grpc::ClientContext* context : open_) context->TryCancel();
  mutex_.Await(absl::Condition(this, &UnaryCalls::Empty));
}

void UnaryCalls::Add(grpc::ClientContext& context, const CallOptions& options) {
  const absl::Duration timeout = std::min(timeout_, options.timeout);
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(timeout));
  if (!options.request_id.none()) context.AddMetadata(kRequestId, std::string(options.request_id.text()));
  if (!options.traceparent.none())
    context.AddMetadata(kTraceparent, std::string(options.traceparent.Child().text()));
  for (const auto& [name, value] : options.metadata) context.AddMetadata(name, value);
  if (token_) ShowToken(token_(), context);
  absl::MutexLock lock(&mutex_);
  open_.insert(&context);
  if (closing_) context.TryCancel();
}

void UnaryCalls::Remove(grpc::ClientContext* context) {
  absl::MutexLock lock(&mutex_);
  open_.erase(context);
}

std::shared_ptr<grpc::Channel> MakeChannel(const Address& address, const TlsSettings& tls) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);  // nobody is shown what it would note of each call
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMostReconnectMs);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Streams that only wait would not notice otherwise that nobody is there any more.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingAfterMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetMaxReceiveMessageSize(kMaxReplyBytes);
  return grpc::CreateCustomChannel("dns:///" + address.ToString(), ChannelCredentialsOf(tls), arguments);
}

bool Reachability::Check() {
  const grpc_connectivity_state state = channel_->GetState(/*try_to_connect=*/true);
  if (state == GRPC_CHANNEL_READY) reachable_ = true;
  if (state == GRPC_CHANNEL_TRANSIENT_FAILURE) reachable_ = false;
  return reachable_;
}

GrpcArticleBackend::GrpcArticleBackend(const std::shared_ptr<grpc::Channel>& channel, int streams,
                                       absl::Duration timeout, const ArticleStream::Post& post)
    : stub_(v1::ArticleService::NewStub(channel)),
      errors_("the article service", SystemClock()),
      calls_(timeout, errors_, meter_) {
  for (int i = 0; i < streams; ++i) {
    Add(ArticleStream::Asks::kArticles, timeout, post);
    Add(ArticleStream::Asks::kCounts, timeout, post);
  }
}

void GrpcArticleBackend::Add(ArticleStream::Asks asks, absl::Duration timeout,
                             const ArticleStream::Post& post) {
  const bool text = asks == ArticleStream::Asks::kArticles;
  Asking(text).push_back(std::make_unique<ArticleStream>(
      *stub_, asks, timeout, SystemClock(), errors_, meter_.Method("ViewArticles"), tally_, post,
      [this, text](uint64_t id, absl::Duration patience, Callback<v1::Article> callback) {
        ReadThenView(id, text, patience, std::move(callback));
      }));
}

// After this no stream starts a call any more, and a call that ends finds its stream closed, not gone.
GrpcArticleBackend::~GrpcArticleBackend() {
  for (const Streams* streams : {&article_streams_, &count_streams_}) {
    for (const auto& stream : *streams) stream->Close();
  }
}

std::vector<ArticleStream::State> GrpcArticleBackend::stream_states() const {
  std::vector<ArticleStream::State> states;
  for (const Streams* streams : {&article_streams_, &count_streams_}) {
    for (const auto& stream : *streams) states.push_back(stream->state());
  }
  return states;
}

ArticleStream& GrpcArticleBackend::NextStream(bool text) {
  const Streams& streams = Asking(text);
  return *streams[next_.fetch_add(1, std::memory_order_relaxed) % streams.size()];
}

void GrpcArticleBackend::View(uint64_t id, bool text, absl::Duration timeout,
                              Callback<v1::Article> callback) {
  NextStream(text).View(id, /*final=*/false, timeout, std::move(callback));
}

// Reading counts nothing, so it may fail or be late without leaving a doubt; afterwards the article is in the
// service's cache, and no view on the stream has to wait for it.
void GrpcArticleBackend::ReadThenView(uint64_t id, bool text, absl::Duration patience,
                                      Callback<v1::Article> callback) {
  const absl::Duration begun = SystemClock().Elapsed();
  Get(id, {.timeout = patience},
      [this, id, text, patience, begun,
       callback = std::move(callback)](const absl::StatusOr<v1::Article>& article) {
        if (!article.ok()) return callback(article.status());
        NextStream(text).View(id, /*final=*/true, patience - (SystemClock().Elapsed() - begun), callback);
      });
}

void GrpcArticleBackend::EnforceTimeout() {
  for (const Streams* streams : {&article_streams_, &count_streams_}) {
    for (const auto& stream : *streams) stream->EnforceTimeout();
  }
}

void GrpcArticleBackend::Get(uint64_t id, const CallOptions& options, Callback<v1::Article> callback) {
  v1::GetArticleRequest request;
  request.set_id(id);
  calls_.Start<v1::GetArticleResponse>(
      *stub_->async(), &v1::ArticleService::Stub::async::GetArticle, "GetArticle", std::move(request),
      options,
      [callback = std::move(callback)](const absl::Status& status, v1::GetArticleResponse& response) {
        if (!status.ok()) return callback(status);
        callback(std::move(*response.mutable_article()));
      });
}

void GrpcArticleBackend::BatchGet(std::vector<uint64_t> ids, const CallOptions& options,
                                  Callback<v1::BatchGetArticlesResponse> callback) {
  GetMany(ids, /*counts_only=*/false, options, std::move(callback));
}

void GrpcArticleBackend::GetCounts(std::vector<uint64_t> ids, const CallOptions& options,
                                   Callback<v1::BatchGetArticlesResponse> callback) {
  GetMany(ids, /*counts_only=*/true, options, std::move(callback));
}

void GrpcArticleBackend::GetMany(const std::vector<uint64_t>& ids, bool counts_only,
                                 const CallOptions& options,
                                 Callback<v1::BatchGetArticlesResponse> callback) {
  v1::BatchGetArticlesRequest request;
  request.mutable_ids()->Assign(ids.begin(), ids.end());
  request.set_counts_only(counts_only);
  calls_.Start<v1::BatchGetArticlesResponse>(
      *stub_->async(), &v1::ArticleService::Stub::async::BatchGetArticles, "BatchGetArticles",
      std::move(request), options,
      [this, callback = std::move(callback)](const absl::Status& status,
                                             v1::BatchGetArticlesResponse& response) {
        if (!status.ok()) return callback(status);
        for (v1::ArticleResult& result : *response.mutable_results()) {
          if (result.has_error()) HideReason(*result.mutable_error(), errors_);
        }
        callback(std::move(response));
      });
}

void GrpcArticleBackend::GetStatus(const CallOptions& options, Callback<v1::ArticleServiceStatus> callback) {
  calls_.Start<v1::ArticleServiceGetStatusResponse>(
      *stub_->async(), &v1::ArticleService::Stub::async::GetStatus, "GetStatus",
      v1::ArticleServiceGetStatusRequest(), options,
      [callback = std::move(callback)](const absl::Status& status,
                                       v1::ArticleServiceGetStatusResponse& response) {
        if (!status.ok()) return callback(status);
        callback(std::move(*response.mutable_status()));
      });
}

void GrpcArticleBackend::List(const v1::ListArticlesRequest& request, const CallOptions& options,
                              Callback<v1::ListArticlesResponse> callback) {
  calls_.Start<v1::ListArticlesResponse>(
      *stub_->async(), &v1::ArticleService::Stub::async::ListArticles, "ListArticles", request, options,
      [callback = std::move(callback)](const absl::Status& status, v1::ListArticlesResponse& response) {
        if (!status.ok()) return callback(status);
        callback(std::move(response));
      });
}

void GrpcSyncBackend::GetStatus(const CallOptions& options, Callback<v1::SyncStatus> callback) {
  calls_.Start<v1::GetStatusResponse>(
      *stub_->async(), &v1::SyncService::Stub::async::GetStatus, "GetStatus", v1::GetStatusRequest(), options,
      [callback = std::move(callback)](const absl::Status& status, v1::GetStatusResponse& response) {
        if (!status.ok()) return callback(status);
        HideReasons(*response.mutable_status());
        callback(std::move(*response.mutable_status()));
      });
}

void GrpcSyncBackend::RunSync(const std::string& requested_by, const CallOptions& options,
                              Callback<v1::SyncRun> callback) {
  v1::RunSyncRequest request;
  request.set_requested_by(requested_by);
  calls_.Start<v1::RunSyncResponse>(
      *stub_->async(), &v1::SyncService::Stub::async::RunSync, "RunSync", std::move(request), options,
      [callback = std::move(callback)](const absl::Status& status, v1::RunSyncResponse& response) {
        if (!status.ok()) return callback(status);
        HideReason(*response.mutable_run()->mutable_error());
        callback(std::move(*response.mutable_run()));
      });
}

void GrpcSyncBackend::ListRuns(const v1::ListSyncRunsRequest& request, const CallOptions& options,
                               Callback<v1::ListSyncRunsResponse> callback) {
  calls_.Start<v1::ListSyncRunsResponse>(
      *stub_->async(), &v1::SyncService::Stub::async::ListSyncRuns, "ListSyncRuns", request, options,
      [callback = std::move(callback)](const absl::Status& status, v1::ListSyncRunsResponse& response) {
        if (!status.ok()) return callback(status);
        for (v1::SyncRun& run : *response.mutable_runs()) HideReason(*run.mutable_error());
        callback(std::move(response));
      });
}

void GrpcSyncBackend::Audit(const CallOptions& options, Callback<v1::AuditResponse> callback) {
  calls_.Start<v1::AuditResponse>(
      *stub_->async(), &v1::SyncService::Stub::async::Audit, "Audit", v1::AuditRequest(), options,
      [callback = std::move(callback)](const absl::Status& status, v1::AuditResponse& response) {
        if (!status.ok()) return callback(status);
        callback(std::move(response));
      });
}

std::unique_ptr<Subscription> GrpcSyncBackend::WatchStatus(Callback<v1::SyncStatus> tell) {
  return std::make_unique<StatusStream>(
      *stub_, meter_.Method("WatchStatus"), token_(),
      [this, tell = std::move(tell)](absl::StatusOr<v1::SyncStatus> status) {
        // It stops, or the stream was ended here: no fault to log.
        if (absl::IsCancelled(status.status()))
          return tell(absl::UnavailableError("the sync service is not available: try again later"));
        if (!status.ok()) return tell(errors_.ForClient(status.status()));
        HideReasons(*status);
        tell(status);
      });
}

void GrpcHealthBackend::CheckOne(Service& service, const char* name,
                                 std::function<void(absl::Status)> callback) {
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(name);
  service.calls.Start<grpc::health::v1::HealthCheckResponse>(
      *service.stub->async(), &Health::Stub::async::Check, "Check", std::move(request), CallOptions(),
      [callback = std::move(callback)](const absl::Status& status,
                                       grpc::health::v1::HealthCheckResponse& response) {
        if (!status.ok()) return callback(status);
        const bool serving = response.status() == grpc::health::v1::HealthCheckResponse::SERVING;
        callback(serving ? absl::OkStatus() : absl::UnavailableError("not serving: its log tells why"));
      });
}

void GrpcHealthBackend::Check(std::function<void(const Readiness&)> callback) {
  struct Both {
    Readiness readiness;
    std::atomic<int> awaited = 2;
  };
  auto both = std::make_shared<Both>();
  // Each answer has a field of its own; the later one finds both.
  const auto keep = [both, callback = std::move(callback)](absl::Status Readiness::* field) {
    return [both, callback, field](absl::Status status) {
      both->readiness.*field = std::move(status);
      if (--both->awaited == 0) callback(both->readiness);
    };
  };
  CheckOne(articles_, "readcount.v1.ArticleService", keep(&Readiness::article_service));
  CheckOne(sync_, "readcount.v1.SyncService", keep(&Readiness::sync_service));
}

}  // namespace readcount::gateway
