#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "gateway/article_stream.h"
#include "gateway/backends.h"
#include "gateway/service_calls.h"
#include "readcount/v1/article_service.grpc.pb.h"
#include "services/common/config/settings.h"

namespace readcount::gateway {

// ArticleService over gRPC: views by long-lived streams, each on a connection of its own, the rest by unary
// calls.
class ArticleClient final : public ArticleBackend {
 public:
  // Unary calls go over `channel`; the streams open their own to settings.article_service.
  ArticleClient(const std::shared_ptr<grpc::Channel>& channel, const GatewaySettings& settings);

  void View(uint64_t id, Answer<v1::Article> answer) override;
  void Get(uint64_t id, Answer<v1::Article> answer) override;
  void List(v1::ListArticlesRequest request, Answer<v1::ListArticlesResponse> answer) override;

 private:
  const std::unique_ptr<v1::ArticleService::Stub> stub_;
  ServiceCalls calls_;
  std::vector<std::unique_ptr<ArticleStream>> streams_;
  std::atomic<size_t> next_stream_ = 0;
};

}  // namespace readcount::gateway
