#include "services/article/article_rpc.h"

#include <utility>
#include <vector>

#include "services/article/proto_convert.h"
#include "services/common/rpc/status.h"

namespace readcount {
namespace {

grpc::ServerUnaryReactor* Refuse(grpc::ServerUnaryReactor* reactor, const absl::Status& why) {
  reactor->Finish(ToGrpc(why));
  return reactor;
}

}  // namespace

void ArticleServiceRpc::End(grpc::ServerUnaryReactor* reactor, const absl::Status& status) {
  calls_.End();
  reactor->Finish(ToGrpc(status));
}

template <typename Response>
grpc::ServerUnaryReactor* ArticleServiceRpc::ReadOne(grpc::CallbackServerContext* context, uint64_t id,
                                                     bool record, Response* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const absl::Status begun = calls_.Begin(); !begun.ok()) return Refuse(reactor, begun);
  reader_.Read({id}, {.record = record}, [this, reactor, response](ArticleReader::Results results) {
    const absl::StatusOr<CountedArticle>& result = results.front();
    if (result.ok()) ToProto(*result, *response->mutable_article());
    End(reactor, result.status());
  });
  return reactor;
}

grpc::ServerUnaryReactor* ArticleServiceRpc::ViewArticle(grpc::CallbackServerContext* context,
                                                         const v1::ViewArticleRequest* request,
                                                         v1::ViewArticleResponse* response) {
  return ReadOne(context, request->id(), /*record=*/true, response);
}

grpc::ServerUnaryReactor* ArticleServiceRpc::GetArticle(grpc::CallbackServerContext* context,
                                                        const v1::GetArticleRequest* request,
                                                        v1::GetArticleResponse* response) {
  return ReadOne(context, request->id(), /*record=*/false, response);
}

grpc::ServerUnaryReactor* ArticleServiceRpc::BatchGetArticles(grpc::CallbackServerContext* context,
                                                              const v1::BatchGetArticlesRequest* request,
                                                              v1::BatchGetArticlesResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const absl::Status size = CheckBatchSize(request->ids_size()); !size.ok()) return Refuse(reactor, size);
  if (const absl::Status begun = calls_.Begin(); !begun.ok()) return Refuse(reactor, begun);
  ArticleReader::Ids ids(request->ids().begin(), request->ids().end());
  const bool text = !request->counts_only();
  // Who asks for many texts keeps them, and is best served by new ones.
  reader_.Read(std::move(ids), {.record = false, .text = text, .renew = text},
               [this, reactor, request, response](ArticleReader::Results results) {
                 for (int i = 0; i < request->ids_size(); ++i)
                   ToProto(request->ids(i), results[i], request->counts_only(), *response->add_results());
                 End(reactor, absl::OkStatus());
               });
  return reactor;
}

grpc::ServerUnaryReactor* ArticleServiceRpc::ListArticles(grpc::CallbackServerContext* context,
                                                          const v1::ListArticlesRequest* request,
                                                          v1::ListArticlesResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const absl::Status begun = calls_.Begin(); !begun.ok()) return Refuse(reactor, begun);
  const ListRequest list{.page_size = request->page_size(),
                         .page_token = request->page_token(),
                         .author = request->author(),
                         .order_by = request->order_by()};
  listing_.List(list, [this, reactor, response](const absl::StatusOr<ArticlePage>& page) {
    if (page.ok()) {
      for (const CountedArticle& article : page->articles) ToProto(article, *response->add_articles());
      response->set_next_page_token(page->next_page_token);
    }
    End(reactor, page.status());
  });
  return reactor;
}

grpc::ServerBidiReactor<v1::ViewArticlesRequest, v1::ViewArticlesResponse>* ArticleServiceRpc::ViewArticles(
    grpc::CallbackServerContext* /*context*/) {
  return streams_.Open(reader_);
}

grpc::ServerWriteReactor<v1::WatchArticleResponse>* ArticleServiceRpc::WatchArticle(
    grpc::CallbackServerContext* /*context*/, const v1::WatchArticleRequest* request) {
  return watches_.Open(request->id());
}

grpc::ServerUnaryReactor* ArticleServiceRpc::GetStatus(grpc::CallbackServerContext* context,
                                                       const v1::ArticleServiceGetStatusRequest* /*request*/,
                                                       v1::ArticleServiceGetStatusResponse* response) {
  ToProto(status_.Read(), *response->mutable_status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace readcount
