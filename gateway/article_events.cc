#include "gateway/article_events.h"

#include <memory>
#include <utility>

#include "gateway/errors.h"
#include "gateway/event_stream.h"
#include "gateway/json.h"

namespace readcount::gateway {
namespace {

// Of all articles alike; an article's own topic is its id.
constexpr uint64_t kUnavailableTopic = 0;

absl::StatusOr<FedCount> ToCount(const v1::ArticleResult& result) {
  if (result.has_error()) {
    return absl::Status(static_cast<absl::StatusCode>(result.error().code()), result.error().message());
  }
  return FedCount{.read_count = result.article().read_count(), .stale = result.article().read_count_stale()};
}

CountFeed::Reading ToReading(size_t ids, const absl::StatusOr<v1::BatchGetArticlesResponse>& response) {
  const absl::Status short_of_ids = absl::InternalError("the article service's answer is short of the ids");
  CountFeed::Reading failed(ids, response.ok() ? short_of_ids : response.status());
  if (!response.ok() || response->results_size() != static_cast<int>(ids)) return failed;
  CountFeed::Reading reading;
  reading.reserve(ids);
  for (const v1::ArticleResult& result : response->results()) reading.push_back(ToCount(result));
  return reading;
}

CountFeed::Read ReadBy(ArticleBackend& articles) {
  return [&articles](std::vector<uint64_t> ids, CountFeed::Done done) {
    const size_t count = ids.size();
    articles.GetCounts(
        std::move(ids), CallOptions(),
        [count, done = std::move(done)](const absl::StatusOr<v1::BatchGetArticlesResponse>& response) {
          done(ToReading(count, response));
        });
  };
}

void Tell(EventStream& events, uint64_t id, const absl::StatusOr<FedCount>& count) {
  if (count.ok()) {
    events.Put(id, EventText("count", CountJson(id, count->read_count, count->stale)));
  } else if (absl::IsNotFound(count.status())) {
    events.Put(id, EventText("gone", IdJson(id)));
  } else {
    events.Put(kUnavailableTopic,
               EventText("unavailable",
                         UnavailableJson(static_cast<int>(count.status().code()), count.status().message())));
  }
}

// Tells the first count, and watches from there on.
absl::Status Begin(const std::shared_ptr<CountFeed>& feed, const std::shared_ptr<EventStream>& events,
                   uint64_t id, const absl::StatusOr<FedCount>& first) {
  Tell(*events, id, first);
  if (!first.ok()) return absl::OkStatus();
  // The feed does not keep the stream: it is the connection's.
  const absl::StatusOr<uint64_t> handle = feed->Watch(
      id, *first, [weak = std::weak_ptr<EventStream>(events), id](const absl::StatusOr<FedCount>& count) {
        if (const std::shared_ptr<EventStream> stream = weak.lock(); stream != nullptr)
          Tell(*stream, id, count);
      });
  if (!handle.ok()) return handle.status();
  events->AtClose([weak = std::weak_ptr<CountFeed>(feed), handle = *handle] {
    if (const std::shared_ptr<CountFeed> watched = weak.lock(); watched != nullptr) watched->Unwatch(handle);
  });
  return absl::OkStatus();
}

}  // namespace

ArticleEvents::ArticleEvents(ArticleBackend& articles, StreamLimit& limit)
    : articles_(articles),
      limit_(limit),
      feed_(std::make_shared<CountFeed>(kMostWatched, ReadBy(articles))) {}

void ArticleEvents::Open(const Request& request, uint64_t id, Respond respond) {
  Open(request, std::vector<uint64_t>{id}, Absent::kRefused, std::move(respond));
}

void ArticleEvents::OpenAll(const Request& request, const std::vector<uint64_t>& ids, Respond respond) {
  Open(request, ids, Absent::kTold, std::move(respond));
}

void ArticleEvents::Open(const Request& request, const std::vector<uint64_t>& ids, Absent absent,
                         Respond respond) {
  absl::StatusOr<StreamLimit::Ticket> ticket = limit_.Enter(request.client);
  if (!ticket.ok()) return respond(ErrorResponse(ticket.status()));
  articles_.GetCounts(ids, OptionsOf(request),
                      [feed = feed_, ids, absent, ticket = *std::move(ticket), respond = std::move(respond)](
                          const absl::StatusOr<v1::BatchGetArticlesResponse>& response) {
                        auto events = std::make_shared<EventStream>();
                        const CountFeed::Reading reading = ToReading(ids.size(), response);
                        for (size_t i = 0; i < ids.size(); ++i) {
                          const bool told = absent == Absent::kTold && absl::IsNotFound(reading[i].status());
                          const absl::Status begun = reading[i].ok() || told
                                                         ? Begin(feed, events, ids[i], reading[i])
                                                         : reading[i].status();
                          if (begun.ok()) continue;
                          events->Close();
                          return respond(ErrorResponse(begun));
                        }
                        events->AtClose([ticket] {});
                        respond(EventResponse(std::move(events)));
                      });
}

}  // namespace readcount::gateway
