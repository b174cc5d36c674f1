#pragma once

#include <grpcpp/support/server_callback.h>

#include "readcount/v1/article_service.grpc.pb.h"
#include "services/article/article_watch.h"
#include "services/article/listing.h"
#include "services/article/reader.h"
#include "services/article/service_status.h"
#include "services/article/view_stream.h"
#include "services/common/rpc/call_limit.h"
#include "services/common/rpc/message_pool.h"
#include "services/common/rpc/unary_call.h"

namespace readcount {

// readcount.v1.ArticleService over the reader, the listing and the status: messages in, a call, messages out.
class ArticleServiceRpc final : public v1::ArticleService::CallbackService {
 public:
  // All must outlive the server that this is registered with.
  ArticleServiceRpc(size_t max_calls, ArticleReader& reader, ArticleListing& listing,
                    const ArticleStatusReader& status)
      : calls_(max_calls),
        reader_(reader),
        listing_(listing),
        status_(status),
        streams_(meter_.Method("ViewArticles")),
        watches_(reader, meter_.Method("WatchArticle")) {
    SetMessageAllocatorFor_ViewArticle(&view_messages_);
  }

  grpc::ServerUnaryReactor* ViewArticle(grpc::CallbackServerContext* context,
                                        const v1::ViewArticleRequest* request,
                                        v1::ViewArticleResponse* response) override;
  grpc::ServerUnaryReactor* GetArticle(grpc::CallbackServerContext* context,
                                       const v1::GetArticleRequest* request,
                                       v1::GetArticleResponse* response) override;
  grpc::ServerUnaryReactor* BatchGetArticles(grpc::CallbackServerContext* context,
                                             const v1::BatchGetArticlesRequest* request,
                                             v1::BatchGetArticlesResponse* response) override;
  grpc::ServerUnaryReactor* ListArticles(grpc::CallbackServerContext* context,
                                         const v1::ListArticlesRequest* request,
                                         v1::ListArticlesResponse* response) override;
  grpc::ServerBidiReactor<v1::ViewArticlesRequest, v1::ViewArticlesResponse>* ViewArticles(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::WatchArticleResponse>* WatchArticle(
      grpc::CallbackServerContext* context, const v1::WatchArticleRequest* request) override;
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::ArticleServiceGetStatusRequest* request,
                                      v1::ArticleServiceGetStatusResponse* response) override;

  // What has been called.
  const RpcMeter& meter() const { return meter_; }

  // Tells the watchers of articles what has changed. To be called a few times a second.
  void PollWatches() { watches_.Poll(); }

  // Ends every watch, and every stream after the batch it is at, so that a drain need not wait for the
  // clients.
  void EndStreams() {
    watches_.EndAll();
    streams_.EndAll();
  }

 private:
  template <typename Response>
  grpc::ServerUnaryReactor* ReadOne(const UnaryCall& call, uint64_t id, bool record, Response* response);
  void Answer(const UnaryCall& call, const absl::Status& status);

  static constexpr size_t kPooledViews = 1024;
  static constexpr size_t kLargestPooledView = 8192;

  MessagePool<v1::ViewArticleRequest, v1::ViewArticleResponse> view_messages_{kPooledViews,
                                                                              kLargestPooledView};
  RpcMeter meter_ = RpcMeter::Of<v1::ViewArticleRequest>(RpcMeter::Side::kServer, "ArticleService");
  MethodMeter& view_article_ = meter_.Method("ViewArticle");
  MethodMeter& get_article_ = meter_.Method("GetArticle");
  MethodMeter& batch_get_articles_ = meter_.Method("BatchGetArticles");
  MethodMeter& list_articles_ = meter_.Method("ListArticles");
  MethodMeter& get_status_ = meter_.Method("GetStatus");

  CallLimit calls_;
  ArticleReader& reader_;
  ArticleListing& listing_;
  const ArticleStatusReader& status_;
  ViewStreams streams_;
  ArticleWatches watches_;
};

}  // namespace readcount
