#include "cli/rpc/article_client.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "absl/strings/str_cat.h"
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
  v1::ViewArticleRequest request;
  request.set_id(id);
  auto response = CallUnary(*impl_->stub, &Stub::ViewArticle, request, impl_->endpoint);
  if (absl::IsDeadlineExceeded(response.status())) {
    return absl::UnknownError(
        absl::StrCat(response.status().message(), ": the view may have been counted, once"));
  }
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_article());
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
