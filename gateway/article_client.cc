#include "gateway/article_client.h"

#include <utility>

#include "services/common/base/clock.h"

namespace readcount::gateway {

ArticleClient::ArticleClient(const std::shared_ptr<grpc::Channel>& channel, const GatewaySettings& settings)
    : stub_(v1::ArticleService::NewStub(channel)),
      calls_(channel, "ArticleService", settings.request_timeout) {
  for (int i = 0; i < settings.streams; ++i) {
    streams_.push_back(std::make_unique<ArticleStream>(
        v1::ArticleService::NewStub(OpenChannel(settings.article_service)),
        ArticleStream::Settings{.timeout = settings.request_timeout}, SystemClock()));
  }
}

void ArticleClient::View(uint64_t id, Answer<v1::Article> answer) {
  const size_t turn = streams_.size() == 1 ? 0 : next_stream_.fetch_add(1, std::memory_order_relaxed);
  streams_[turn % streams_.size()]->View(id, std::move(answer));
}

void ArticleClient::Get(uint64_t id, Answer<v1::Article> answer) {
  v1::GetArticleRequest request;
  request.set_id(id);
  calls_.Start<v1::GetArticleRequest, v1::GetArticleResponse>(
      std::move(request),
      [this](auto* context, auto* get, auto* response, ServiceCalls::Finished finished) {
        stub_->async()->GetArticle(context, get, response, std::move(finished));
      },
      [answer = std::move(answer)](const absl::StatusOr<const v1::GetArticleResponse*>& response) mutable {
        if (!response.ok()) return answer(response.status());
        answer(&(*response)->article());
      });
}

void ArticleClient::List(v1::ListArticlesRequest request, Answer<v1::ListArticlesResponse> answer) {
  calls_.Start<v1::ListArticlesRequest, v1::ListArticlesResponse>(
      std::move(request),
      [this](auto* context, auto* list, auto* response, ServiceCalls::Finished finished) {
        stub_->async()->ListArticles(context, list, response, std::move(finished));
      },
      std::move(answer));
}

}  // namespace readcount::gateway
