#include "services/article/article_rpc.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/article/proto_convert.h"
#include "services/common/rpc/status.h"
#include "services/common/rpc/view_outcome.h"

namespace readcount {
namespace {

grpc::ServerUnaryReactor* Refuse(const UnaryCall& call, const absl::Status& why) {
  call.Answer(why);
  return call.reactor();
}

// What ended the recording of a view. A broken connection is UNAVAILABLE too: words tell the client which it
// was.
absl::Status SayingWhatWasCounted(const absl::Status& status) {
  absl::Status told = ForCaller(status);
  if (!absl::IsUnavailable(told) || absl::StrContains(told.message(), kNothingCounted)) return told;
  return absl::UnavailableError(absl::StrCat(kNothingCounted, ": ", told.message()));
}

}  // namespace

void ArticleServiceRpc::Answer(const UnaryCall& call, const absl::Status& status) {
  calls_.End();
  call.Answer(status);
}

template <typename Response>
grpc::ServerUnaryReactor* ArticleServiceRpc::ReadOne(const UnaryCall& call, uint64_t id, bool record,
                                                     Response* response) {
  if (const absl::Status begun = calls_.Begin(); !begun.ok()) return Refuse(call, begun);
  reader_.Read({id}, {.record = record}, [this, call, record, response](ArticleReader::Results results) {
    const absl::StatusOr<CountedArticle>& result = results.front();
    if (result.ok()) ToProto(*result, *response->mutable_article());
    Answer(call, record ? SayingWhatWasCounted(result.status()) : result.status());
  });
  return call.reactor();
}

grpc::ServerUnaryReactor* ArticleServiceRpc::ViewArticle(grpc::CallbackServerContext* context,
                                                         const v1::ViewArticleRequest* request,
                                                         v1::ViewArticleResponse* response) {
  return ReadOne(UnaryCall(*context, view_article_), request->id(), /*record=*/true, response);
}

grpc::ServerUnaryReactor* ArticleServiceRpc::GetArticle(grpc::CallbackServerContext* context,
                                                        const v1::GetArticleRequest* request,
                                                        v1::GetArticleResponse* response) {
  return ReadOne(UnaryCall(*context, get_article_), request->id(), /*record=*/false, response);
}

grpc::ServerUnaryReactor* ArticleServiceRpc::BatchGetArticles(grpc::CallbackServerContext* context,
                                                              const v1::BatchGetArticlesRequest* request,
                                                              v1::BatchGetArticlesResponse* response) {
  const UnaryCall call(*context, batch_get_articles_);
  if (const absl::Status size = CheckBatchSize(request->ids_size()); !size.ok()) return Refuse(call, size);
  if (const absl::Status begun = calls_.Begin(); !begun.ok()) return Refuse(call, begun);
  ArticleReader::Ids ids(request->ids().begin(), request->ids().end());
  const bool text = !request->counts_only();
  // Who asks for many texts keeps them, and is best served by new ones.
  reader_.Read(std::move(ids), {.record = false, .text = text, .renew = text},
               [this, call, request, response](ArticleReader::Results results) {
                 for (int i = 0; i < request->ids_size(); ++i)
                   ToProto(request->ids(i), results[i], request->counts_only(), *response->add_results());
                 Answer(call, absl::OkStatus());
               });
  return call.reactor();
}

grpc::ServerUnaryReactor* ArticleServiceRpc::ListArticles(grpc::CallbackServerContext* context,
                                                          const v1::ListArticlesRequest* request,
                                                          v1::ListArticlesResponse* response) {
  const UnaryCall call(*context, list_articles_);
  if (const absl::Status begun = calls_.Begin(); !begun.ok()) return Refuse(call, begun);
  const ListRequest list{.page_size = request->page_size(),
                         .page_token = request->page_token(),
                         .author = request->author(),
                         .order_by = request->order_by()};
  listing_.List(list, [this, call, response](const absl::StatusOr<ArticlePage>& page) {
    if (page.ok()) {
      for (const CountedArticle& article : page->articles) ToProto(article, *response->add_articles());
      response->set_next_page_token(page->next_page_token);
    }
    Answer(call, page.status());
  });
  return call.reactor();
}

grpc::ServerBidiReactor<v1::ViewArticlesRequest, v1::ViewArticlesResponse>* ArticleServiceRpc::ViewArticles(
    grpc::CallbackServerContext* context) {
  return streams_.Open(*context, reader_);
}

grpc::ServerWriteReactor<v1::WatchArticleResponse>* ArticleServiceRpc::WatchArticle(
    grpc::CallbackServerContext* /*context*/, const v1::WatchArticleRequest* request) {
  return watches_.Open(request->id());
}

grpc::ServerUnaryReactor* ArticleServiceRpc::GetStatus(grpc::CallbackServerContext* context,
                                                       const v1::ArticleServiceGetStatusRequest* /*request*/,
                                                       v1::ArticleServiceGetStatusResponse* response) {
  const UnaryCall call(*context, get_status_);
  ToProto(status_.Read(), *response->mutable_status());
  call.Answer(absl::OkStatus());
  return call.reactor();
}

}  // namespace readcount
