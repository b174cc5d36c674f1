#include "gateway/grpc_backends.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/clock.h"
#include "services/common/rpc/status.h"

namespace readcount::gateway {
namespace {

constexpr int kFirstReconnectMs = 100, kMostReconnectMs = 2000;

// What one call needs until it has ended.
template <typename Request, typename Response>
struct UnaryCall {
  grpc::ClientContext context;
  Request request;
  Response response;
};

template <typename Request, typename Response>
std::shared_ptr<UnaryCall<Request, Response>> NewCall(absl::Duration timeout) {
  auto call = std::make_shared<UnaryCall<Request, Response>>();
  call->context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(timeout));
  return call;
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const Address& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMostReconnectMs);
  return grpc::CreateCustomChannel(address.ToString(), grpc::InsecureChannelCredentials(), arguments);
}

GrpcArticleBackend::GrpcArticleBackend(const std::shared_ptr<grpc::Channel>& channel, int streams,
                                       absl::Duration timeout)
    : stub_(v1::ArticleService::NewStub(channel)), timeout_(timeout) {
  for (int i = 0; i < streams; ++i)
    streams_.push_back(std::make_unique<ArticleStream>(*stub_, timeout, SystemClock()));
}

void GrpcArticleBackend::View(uint64_t id, Callback<v1::Article> callback) {
  const size_t turn = next_.fetch_add(1, std::memory_order_relaxed);
  streams_[turn % streams_.size()]->View(id, std::move(callback));
}

void GrpcArticleBackend::EnforceTimeout() {
  for (const auto& stream : streams_) stream->EnforceTimeout();
}

void GrpcArticleBackend::Get(uint64_t id, Callback<v1::Article> callback) {
  auto call = NewCall<v1::GetArticleRequest, v1::GetArticleResponse>(timeout_);
  call->request.set_id(id);
  stub_->async()->GetArticle(&call->context, &call->request, &call->response,
                             [call, callback = std::move(callback)](const grpc::Status& status) {
                               if (!status.ok()) return callback(FromGrpc(status));
                               callback(std::move(*call->response.mutable_article()));
                             });
}

void GrpcArticleBackend::List(const v1::ListArticlesRequest& request,
                              Callback<v1::ListArticlesResponse> callback) {
  auto call = NewCall<v1::ListArticlesRequest, v1::ListArticlesResponse>(timeout_);
  call->request = request;
  stub_->async()->ListArticles(&call->context, &call->request, &call->response,
                               [call, callback = std::move(callback)](const grpc::Status& status) {
                                 if (!status.ok()) return callback(FromGrpc(status));
                                 callback(std::move(call->response));
                               });
}

void GrpcSyncBackend::GetStatus(Callback<v1::SyncStatus> callback) {
  auto call = NewCall<v1::GetStatusRequest, v1::GetStatusResponse>(timeout_);
  stub_->async()->GetStatus(&call->context, &call->request, &call->response,
                            [call, callback = std::move(callback)](const grpc::Status& status) {
                              if (!status.ok()) return callback(FromGrpc(status));
                              callback(std::move(*call->response.mutable_status()));
                            });
}

void GrpcSyncBackend::RunSync(const std::string& requested_by, Callback<v1::SyncRun> callback) {
  auto call = NewCall<v1::RunSyncRequest, v1::RunSyncResponse>(timeout_);
  call->request.set_requested_by(requested_by);
  stub_->async()->RunSync(&call->context, &call->request, &call->response,
                          [call, callback = std::move(callback)](const grpc::Status& status) {
                            if (!status.ok()) return callback(FromGrpc(status));
                            callback(std::move(*call->response.mutable_run()));
                          });
}

void GrpcHealthBackend::CheckOne(grpc::health::v1::Health::Stub& stub, const char* service,
                                 std::function<void(absl::Status)> callback) {
  auto call = NewCall<grpc::health::v1::HealthCheckRequest, grpc::health::v1::HealthCheckResponse>(timeout_);
  call->request.set_service(service);
  stub.async()->Check(
      &call->context, &call->request, &call->response,
      [call, callback = std::move(callback)](const grpc::Status& status) {
        if (!status.ok()) return callback(FromGrpc(status));
        const bool serving = call->response.status() == grpc::health::v1::HealthCheckResponse::SERVING;
        callback(serving ? absl::OkStatus() : absl::UnavailableError("not serving: its log tells why"));
      });
}

void GrpcHealthBackend::Check(std::function<void(const Readiness&)> callback) {
  auto readiness = std::make_shared<Readiness>();
  auto finish = [callback = std::move(callback), readiness](absl::Status sync) {
    readiness->sync_service = std::move(sync);
    callback(*readiness);
  };
  CheckOne(*articles_, "readcount.v1.ArticleService",
           [this, readiness, finish = std::move(finish)](absl::Status articles) {
             readiness->article_service = std::move(articles);
             CheckOne(*sync_, "readcount.v1.SyncService", finish);
           });
}

}  // namespace readcount::gateway
