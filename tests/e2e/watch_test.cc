#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/stack.h"
#include "tests/support/await.h"
#include "tests/support/raw_connection.h"

namespace readcount::testing {
namespace {

// One WatchArticle stream, bounded in time.
class Watch {
 public:
  Watch(v1::ArticleService::Stub& stub, uint64_t id) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    v1::WatchArticleRequest request;
    request.set_id(id);
    stream_ = stub.WatchArticle(&context_, request);
  }

  // The next count; none at the end of the stream.
  std::optional<uint64_t> Next() {
    v1::WatchArticleResponse response;
    if (!stream_->Read(&response)) return std::nullopt;
    return response.read_count();
  }
  // Reads on until the count is there; false if the stream ends, or a count falls, before.
  bool Reaches(uint64_t count) {
    uint64_t last = 0;
    while (const std::optional<uint64_t> next = Next()) {
      if (*next < last) return false;
      last = *next;
      if (last == count) return true;
    }
    return false;
  }
  grpc::StatusCode End() { return stream_->Finish().error_code(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchArticleResponse>> stream_;
};

// A stream of events from the gateway, bounded in time by its connection.
class Events {
 public:
  Events(const std::string& gateway, const std::string& target) : connection_(gateway) {
    connection_.Send(absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: h\r\n\r\n"));
  }

  // Waits until `text` has come.
  bool Await(const std::string& text) {
    while (!absl::StrContains(received_, text)) {
      if (!connection_.Receive(received_)) return false;
    }
    return true;
  }
  const std::string& received() const { return received_; }
  void Forget() { received_.clear(); }

 private:
  RawConnection connection_;
  std::string received_;
};

void ViewTimes(const Stack& stack, uint64_t id, int times) {
  HttpClient client(stack.gateway->address());
  for (int i = 0; i < times; ++i) ASSERT_EQ(client.Get(absl::StrCat("/api/article/", id))->status, 200);
}

TEST(WatchTest, AWatchersCountRisesWithTheViewsWhateverTheSyncDoes) {
  Stack stack(/*articles=*/2);
  Watch watch(*stack.articles, 1);
  EXPECT_EQ(watch.Next(), 0u);
  uint64_t views = 0;
  for (int round = 0; round < 3; ++round) {
    ViewTimes(stack, 1, 5);
    EXPECT_TRUE(watch.Reaches(views += 5));
    stack.RunSync();
  }
}

TEST(WatchTest, AnAbsentArticleIsNotWatchedAndOneThatGoesEndsItsWatch) {
  Stack stack(/*articles=*/2, "off", {{"READCOUNT_ARTICLE_COUNT_TTL", "100ms"}});
  EXPECT_EQ(Watch(*stack.articles, 99).End(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Watch(*stack.articles, 0).End(), grpc::StatusCode::INVALID_ARGUMENT);
  Watch watch(*stack.articles, 2);
  EXPECT_EQ(watch.Next(), 0u);
  SharedMariadb().Query("UPDATE articles SET is_deleted = 1 WHERE id = 2");
  while (watch.Next().has_value()) {
  }
  EXPECT_EQ(watch.End(), grpc::StatusCode::NOT_FOUND);
}

TEST(WatchTest, WatchersAreToldToComeBackWhenTheServiceStops) {
  Stack stack(/*articles=*/2);
  Watch watch(*stack.articles, 1);
  EXPECT_EQ(watch.Next(), 0u);
  EXPECT_EQ(stack.article_service->Stop(), 0);
  EXPECT_FALSE(watch.Next().has_value());
  EXPECT_EQ(watch.End(), grpc::StatusCode::UNAVAILABLE);
}

TEST(WatchTest, EventsFollowAnArticleThroughTheGateway) {
  Stack stack(/*articles=*/3);
  Events one(stack.gateway->address(), "/api/article/1/events");
  ASSERT_TRUE(one.Await("\ndata: {\"id\":1,\"read_count\":0}\n\n")) << one.received();
  EXPECT_TRUE(absl::StrContains(one.received(), "Content-Type: text/event-stream"));
  EXPECT_FALSE(absl::StrContains(one.received(), "Content-Length"));
  Events list(stack.gateway->address(), "/api/articles/events?ids=1,2,99");
  ASSERT_TRUE(list.Await("event: gone\ndata: {\"id\":99}\n\n")) << list.received();
  ViewTimes(stack, 1, 7);
  EXPECT_TRUE(one.Await("{\"id\":1,\"read_count\":7}")) << one.received();
  EXPECT_TRUE(list.Await("{\"id\":1,\"read_count\":7}")) << list.received();
}

TEST(WatchTest, EventsFollowTheSyncAndOutliveTheServiceBehindThem) {
  Stack stack(/*articles=*/2);
  Events events(stack.gateway->address(), "/api/sync/events");
  ASSERT_TRUE(events.Await("event: status\ndata: {\"phase\":\"idle\"")) << events.received();
  ViewTimes(stack, 1, 3);
  stack.RunSync();
  EXPECT_TRUE(events.Await("\"requested_by\":\"test\"")) << events.received();
  events.Forget();
  stack.sync_service->Kill();
  EXPECT_TRUE(events.Await("event: unavailable")) << events.received();
  events.Forget();
  stack.sync_service->Restart();
  EXPECT_TRUE(events.Await("event: status")) << events.received();
}

TEST(WatchTest, TheGatewayEndsItsStreamsWhenItStops) {
  Stack stack(/*articles=*/2);
  Events article(stack.gateway->address(), "/api/article/1/events");
  Events sync(stack.gateway->address(), "/api/sync/events");
  ASSERT_TRUE(article.Await("event: count"));
  ASSERT_TRUE(sync.Await("event: status"));
  EXPECT_EQ(stack.gateway->Stop(), 0);
  EXPECT_FALSE(article.Await("never"));
}

TEST(WatchTest, AnAddressHasOnlySoManyStreamsAndGetsThemBack) {
  Stack stack(/*articles=*/2, "off", {{"READCOUNT_GATEWAY_MAX_EVENT_STREAMS_PER_CLIENT", "2"}});
  HttpClient client(stack.gateway->address());
  auto first = std::make_unique<Events>(stack.gateway->address(), "/api/article/1/events");
  Events second(stack.gateway->address(), "/api/sync/events");
  ASSERT_TRUE(first->Await("event: count"));
  ASSERT_TRUE(second.Await("event: status"));
  const std::optional<HttpReply> refused = client.Get("/api/article/2/events");
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->headers.at("Retry-After"), "1");
  first.reset();
  const auto taken = [&] {
    return Events(stack.gateway->address(), "/api/article/2/events").Await("event: count");
  };
  EXPECT_TRUE(Await(taken)) << "the client of the first stream is gone";
}

TEST(WatchTest, OnlyArticlesThatAreThereCanBeFollowed) {
  Stack stack(/*articles=*/2);
  HttpClient client(stack.gateway->address());
  const auto status_of = [&](const std::string& target) { return client.Get(target)->status; };
  EXPECT_EQ(status_of("/api/article/99/events"), 404);
  EXPECT_EQ(status_of("/api/article/0/events"), 400);
  EXPECT_EQ(status_of("/api/articles/events"), 400);
  EXPECT_EQ(status_of("/api/articles/events?ids=1,x"), 400);
  EXPECT_EQ(client.Send("GET", "/api/article/1/events", {{"Accept", "application/json"}})->status, 406);
  EXPECT_EQ(client.Send("HEAD", "/api/article/1/events")->status, 200);
}

}  // namespace
}  // namespace readcount::testing
