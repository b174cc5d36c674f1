#include "gateway/grpc_backends.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/clock.h"

namespace readcount::gateway {
namespace {

constexpr int kFirstReconnectMs = 100, kMostReconnectMs = 2000, kConnectTimeoutMs = 2000;
// A batch of 1000 views of texts of 64 KB fits.
constexpr int kMaxReplyBytes = 80 << 20;

// Why a run failed may name servers and addresses, which are not for strangers.
void HideReason(std::string& error) {
  if (!error.empty()) error = "the run failed: the log of the sync service tells why";
}

}  // namespace

UnaryCalls::~UnaryCalls() {
  absl::MutexLock lock(&mutex_);
  closing_ = true;
  for (grpc::ClientContext* context : open_) context->TryCancel();
  mutex_.Await(absl::Condition(this, &UnaryCalls::Empty));
}

void UnaryCalls::Add(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(timeout_));
  absl::MutexLock lock(&mutex_);
  open_.insert(context);
  if (closing_) context->TryCancel();
}

void UnaryCalls::Remove(grpc::ClientContext* context) {
  absl::MutexLock lock(&mutex_);
  open_.erase(context);
}

std::shared_ptr<grpc::Channel> MakeChannel(const Address& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMostReconnectMs);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kMaxReplyBytes);
  return grpc::CreateCustomChannel("dns:///" + address.ToString(), grpc::InsecureChannelCredentials(),
                                   arguments);
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
      calls_(timeout, errors_) {
  for (int i = 0; i < streams; ++i) {
    Add(ArticleStream::Asks::kArticles, timeout, post);
    Add(ArticleStream::Asks::kCounts, timeout, post);
  }
}

void GrpcArticleBackend::Add(ArticleStream::Asks asks, absl::Duration timeout,
                             const ArticleStream::Post& post) {
  const bool text = asks == ArticleStream::Asks::kArticles;
  Asking(text).push_back(
      std::make_unique<ArticleStream>(*stub_, asks, timeout, SystemClock(), errors_, tally_, post,
                                      [this, text](uint64_t id, Callback<v1::Article> callback) {
                                        ReadThenView(id, text, std::move(callback));
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

void GrpcArticleBackend::View(uint64_t id, bool text, Callback<v1::Article> callback) {
  NextStream(text).View(id, /*final=*/false, std::move(callback));
}

// Reading counts nothing, so it may fail or be late without leaving a doubt; afterwards the article is in the
// service's cache, and no view on the stream has to wait for it.
void GrpcArticleBackend::ReadThenView(uint64_t id, bool text, Callback<v1::Article> callback) {
  Get(id, [this, id, text, callback = std::move(callback)](const absl::StatusOr<v1::Article>& article) {
    if (!article.ok()) return callback(article.status());
    NextStream(text).View(id, /*final=*/true, callback);
  });
}

void GrpcArticleBackend::EnforceTimeout() {
  for (const Streams* streams : {&article_streams_, &count_streams_}) {
    for (const auto& stream : *streams) stream->EnforceTimeout();
  }
}

void GrpcArticleBackend::Get(uint64_t id, Callback<v1::Article> callback) {
  v1::GetArticleRequest request;
  request.set_id(id);
  calls_.Start<v1::GetArticleResponse>(
      *stub_->async(), &v1::ArticleService::Stub::async::GetArticle, std::move(request),
      [callback = std::move(callback)](const absl::Status& status, v1::GetArticleResponse& response) {
        if (!status.ok()) return callback(status);
        callback(std::move(*response.mutable_article()));
      });
}

void GrpcArticleBackend::BatchGet(std::vector<uint64_t> ids,
                                  Callback<v1::BatchGetArticlesResponse> callback) {
  v1::BatchGetArticlesRequest request;
  request.mutable_ids()->Assign(ids.begin(), ids.end());
  calls_.Start<v1::BatchGetArticlesResponse>(
      *stub_->async(), &v1::ArticleService::Stub::async::BatchGetArticles, std::move(request),
      [callback = std::move(callback)](const absl::Status& status, v1::BatchGetArticlesResponse& response) {
        if (!status.ok()) return callback(status);
        callback(std::move(response));
      });
}

void GrpcArticleBackend::List(const v1::ListArticlesRequest& request,
                              Callback<v1::ListArticlesResponse> callback) {
  calls_.Start<v1::ListArticlesResponse>(
      *stub_->async(), &v1::ArticleService::Stub::async::ListArticles, request,
      [callback = std::move(callback)](const absl::Status& status, v1::ListArticlesResponse& response) {
        if (!status.ok()) return callback(status);
        callback(std::move(response));
      });
}

void GrpcSyncBackend::GetStatus(Callback<v1::SyncStatus> callback) {
  calls_.Start<v1::GetStatusResponse>(
      *stub_->async(), &v1::SyncService::Stub::async::GetStatus, v1::GetStatusRequest(),
      [callback = std::move(callback)](const absl::Status& status, v1::GetStatusResponse& response) {
        if (!status.ok()) return callback(status);
        v1::SyncStatus& shown = *response.mutable_status();
        HideReason(*shown.mutable_last_error());
        if (shown.has_last_run()) HideReason(*shown.mutable_last_run()->mutable_error());
        callback(std::move(shown));
      });
}

void GrpcSyncBackend::RunSync(const std::string& requested_by, Callback<v1::SyncRun> callback) {
  v1::RunSyncRequest request;
  request.set_requested_by(requested_by);
  calls_.Start<v1::RunSyncResponse>(
      *stub_->async(), &v1::SyncService::Stub::async::RunSync, std::move(request),
      [callback = std::move(callback)](const absl::Status& status, v1::RunSyncResponse& response) {
        if (!status.ok()) return callback(status);
        HideReason(*response.mutable_run()->mutable_error());
        callback(std::move(*response.mutable_run()));
      });
}

void GrpcHealthBackend::CheckOne(Service& service, const char* name,
                                 std::function<void(absl::Status)> callback) {
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(name);
  service.calls.Start<grpc::health::v1::HealthCheckResponse>(
      *service.stub->async(), &Health::Stub::async::Check, std::move(request),
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
