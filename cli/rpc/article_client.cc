#include "cli/rpc/article_client.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/rpc/call_outcome.h"
#include "cli/rpc/unary_call.h"
#include "readcount/v1/article_service.grpc.pb.h"

namespace readcount::cli {

using Stub = v1::ArticleService::Stub;

struct ArticleClient::Impl {
  explicit Impl(Endpoint to)
      : endpoint(std::move(to)), stub(v1::ArticleService::NewStub(MakeChannel(endpoint))) {}

  const Endpoint endpoint;
  const std::unique_ptr<Stub> stub;
};

ArticleClient::ArticleClient(Endpoint endpoint) : impl_(std::make_unique<Impl>(std::move(endpoint))) {}
ArticleClient::~ArticleClient() = default;

absl::StatusOr<v1::Article> ArticleClient::View(uint64_t id) {
  grpc::ClientContext call;
  PrepareCall(call, impl_->endpoint);
  v1::ViewArticleRequest request;
  request.set_id(id);
  v1::ViewArticleResponse response;
  const grpc::Status status = impl_->stub->ViewArticle(&call, request, &response);
  if (status.ok()) return std::move(*response.mutable_article());
  absl::Status error = Explained(status, impl_->endpoint);
  if (IsKnownUncounted(status, call)) return error;
  return absl::UnknownError(absl::StrCat(error.message(), ": the view may have been counted, once"));
}

absl::StatusOr<v1::BatchGetArticlesResponse> ArticleClient::BatchGet(const std::vector<uint64_t>& ids) {
  v1::BatchGetArticlesRequest request;
  request.mutable_ids()->Assign(ids.begin(), ids.end());
  return CallUnary(*impl_->stub, &Stub::BatchGetArticles, request, impl_->endpoint);
}

absl::StatusOr<v1::ListArticlesResponse> ArticleClient::List(const v1::ListArticlesRequest& request) {
  return CallUnary(*impl_->stub, &Stub::ListArticles, request, impl_->endpoint);
}

absl::StatusOr<v1::ArticleServiceStatus> ArticleClient::GetStatus() {
  auto response =
      CallUnary(*impl_->stub, &Stub::GetStatus, v1::ArticleServiceGetStatusRequest(), impl_->endpoint);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_status());
}

}  // namespace readcount::cli
