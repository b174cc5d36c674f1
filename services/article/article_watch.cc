#include "services/article/article_watch.h"

#include <utility>
#include <vector>

#include "services/common/rpc/status.h"

namespace readcount {
namespace {

absl::StatusOr<FedCount> ToCount(const absl::StatusOr<CountedArticle>& article) {
  if (!article.ok()) return article.status();
  return FedCount{.read_count = article->read_count, .stale = article->count_stale};
}

}  // namespace

ArticleWatches::ArticleWatches(ArticleReader& reader, MethodMeter& meter)
    : reader_(reader),
      feed_(std::make_shared<CountFeed>(
          kMaxArticles,
          [this](const std::vector<uint64_t>& ids, const CountFeed::Done& done) { Read(ids, done); })),
      streams_(meter) {}

// What is being read may outlast the streams that it is for.
ArticleWatches::~ArticleWatches() {
  streams_.EndAll();
  absl::MutexLock lock(&mutex_, absl::Condition(this, &ArticleWatches::NothingIsRead));
}

void ArticleWatches::Read(const std::vector<uint64_t>& ids, const CountFeed::Done& done) {
  {
    absl::MutexLock lock(&mutex_);
    ++reads_;
  }
  reader_.Read(ArticleReader::Ids(ids.begin(), ids.end()), {.record = false, .text = false},
               [this, done](const ArticleReader::Results& results) {
                 CountFeed::Reading reading;
                 reading.reserve(results.size());
                 for (const auto& result : results) reading.push_back(ToCount(result));
                 done(reading);
                 absl::MutexLock lock(&mutex_);
                 --reads_;
               });
}

grpc::ServerWriteReactor<v1::WatchArticleResponse>* ArticleWatches::Open(uint64_t id) {
  const auto stream = streams_.Open();
  Read({id}, [this, stream, id](const CountFeed::Reading& reading) { Begin(stream, id, reading.front()); });
  return stream.get();
}

void ArticleWatches::Begin(const std::shared_ptr<Stream>& stream, uint64_t id,
                           const absl::StatusOr<FedCount>& first) {
  if (!first.ok()) return stream->End(ToGrpc(first.status()));
  Tell(*stream, id, first);
  const absl::StatusOr<uint64_t> handle = feed_->Watch(
      id, *first, [stream, id](const absl::StatusOr<FedCount>& count) { Tell(*stream, id, count); });
  if (!handle.ok()) return stream->End(ToGrpc(handle.status()));
  stream->AtEnd([this, handle = *handle] { feed_->Unwatch(handle); });
}

// While the count cannot be read the watchers keep the last one.
void ArticleWatches::Tell(Stream& stream, uint64_t id, const absl::StatusOr<FedCount>& count) {
  if (absl::IsNotFound(count.status())) return stream.End(ToGrpc(count.status()));
  if (!count.ok()) return;
  v1::WatchArticleResponse message;
  message.set_id(id);
  message.set_read_count(count->read_count);
  message.set_read_count_stale(count->stale);
  stream.Put(std::move(message));
}

}  // namespace readcount
