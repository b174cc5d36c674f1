#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/article_events.h"
#include "gateway/event_stream.h"
#include "gateway/handlers.h"
#include "gateway/shared_answer.h"
#include "gateway/status_events.h"
#include "gateway/stream_limit.h"
#include "tests/fakes/clock.h"
#include "tests/gateway/fake_backends.h"

namespace readcount::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(EventStreamTest, KeepsTheNewestOfEachTopic) {
  EventStream events;
  events.Put(1, "one;");
  events.Put(2, "two;");
  events.Put(1, "one again;");
  EXPECT_EQ(events.Take().text, "two;one again;");
  EXPECT_EQ(events.Take().text, "");
}

TEST(EventStreamTest, WakesItsWriterOnceAfterItFoundNothing) {
  EventStream events;
  int wakes = 0;
  events.SetWake([&] { ++wakes; });
  events.Put(1, "a");
  EXPECT_EQ(wakes, 0) << "the writer has not looked yet";
  events.Take();
  events.Take();
  events.Put(1, "b");
  events.Put(1, "c");
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(events.Take().text, "c");
}

TEST(EventStreamTest, WritesWhatWaitsBeforeItEnds) {
  EventStream events;
  events.Put(1, "last");
  events.End();
  events.Put(2, "too late");
  const EventStream::Waiting waiting = events.Take();
  EXPECT_EQ(waiting.text, "last");
  EXPECT_TRUE(waiting.ended);
}

TEST(EventStreamTest, LetsGoOfWhatItHoldsWhenTheClientIsGone) {
  EventStream events;
  int closed = 0;
  events.AtClose([&] { ++closed; });
  events.Close();
  events.Close();
  EXPECT_EQ(closed, 1);
  events.AtClose([&] { ++closed; });
  EXPECT_EQ(closed, 2) << "at once";
}

TEST(StreamLimitTest, BoundsAllStreamsAndThoseOfEachAddress) {
  StreamLimit limit(3, 2);
  auto first = limit.Enter("192.0.2.1"), second = limit.Enter("192.0.2.1");
  EXPECT_TRUE(first.ok() && second.ok());
  EXPECT_THAT(limit.Enter("192.0.2.1").status().message(), HasSubstr("this address has 2"));
  auto third = limit.Enter("192.0.2.2");
  EXPECT_TRUE(third.ok());
  EXPECT_THAT(limit.Enter("192.0.2.3").status().message(), HasSubstr("3 event streams are open"));
  first = absl::UnknownError("let go");
  EXPECT_TRUE(limit.Enter("192.0.2.1").ok());
  EXPECT_EQ(limit.open(), 2u);
}

TEST(StreamLimitTest, OfIpv6TheNetworkIsTheAddress) {
  StreamLimit limit(3, 1);
  const auto first = limit.Enter("2001:db8:0:1::1");
  EXPECT_TRUE(first.ok());
  EXPECT_FALSE(limit.Enter("2001:db8:0:1:ffff::2").ok());
  EXPECT_TRUE(limit.Enter("2001:db8:0:2::1").ok());
}

class ArticleEventsTest : public ::testing::Test {
 protected:
  Response Open(std::vector<uint64_t> ids, const std::string& client = "192.0.2.1") {
    std::optional<Response> response;
    const Request request{.client = client};
    const auto respond = [&](Response answer) { response = std::move(answer); };
    if (ids.size() == 1) {
      events_.Open(request, ids[0], respond);
    } else {
      events_.OpenAll(request, ids, respond);
    }
    EXPECT_TRUE(response.has_value());
    return *std::move(response);
  }

  FakeArticles articles_;
  StreamLimit limit_{10, 2};
  ArticleEvents events_{articles_, limit_};
};

TEST_F(ArticleEventsTest, TellsTheCountAtOnceAndWhenItChanges) {
  articles_.article.set_read_count(5);
  const Response response = Open({7});
  ASSERT_NE(response.events, nullptr);
  EXPECT_EQ(response.body, "retry: 1000\n\n");
  EXPECT_EQ(response.events->Take().text, "event: count\ndata: {\"id\":7,\"read_count\":5}\n\n");
  events_.Poll();
  EXPECT_EQ(response.events->Take().text, "");
  articles_.article.set_read_count(6);
  events_.Poll();
  EXPECT_EQ(response.events->Take().text, "event: count\ndata: {\"id\":7,\"read_count\":6}\n\n");
}

TEST_F(ArticleEventsTest, OneReadingServesAllWhoWatch) {
  articles_.article.set_read_count(1);
  const Response first = Open({7, 8}), second = Open({8, 9});
  articles_.count_batches.clear();
  articles_.article.set_read_count(2);
  events_.Poll();
  ASSERT_THAT(articles_.count_batches, SizeIs(1));
  EXPECT_THAT(articles_.count_batches[0], ::testing::UnorderedElementsAre(7u, 8u, 9u));
  for (const Response* response : {&first, &second}) {
    EXPECT_THAT(response->events->Take().text, HasSubstr(R"({"id":8,"read_count":2})"));
  }
}

TEST_F(ArticleEventsTest, AnAbsentArticleIsRefusedAloneAndToldAmongOthers) {
  articles_.absent = {7};
  EXPECT_EQ(Open({7}).status, 404);
  EXPECT_EQ(limit_.open(), 0u);
  const Response response = Open({7, 8});
  EXPECT_THAT(response.events->Take().text,
              AllOf(HasSubstr("event: gone\ndata: {\"id\":7}"), HasSubstr(R"("id":8)")));
}

TEST_F(ArticleEventsTest, SaysThatAnArticleIsGoneAndThatTheServiceIsAway) {
  const Response response = Open({7});
  response.events->Take();
  articles_.status = absl::UnavailableError("away");
  events_.Poll();
  events_.Poll();
  EXPECT_EQ(response.events->Take().text, "event: unavailable\ndata: {\"code\":14,\"message\":\"away\"}\n\n");
  articles_.status = absl::OkStatus();
  events_.Poll();
  EXPECT_THAT(response.events->Take().text, HasSubstr("event: count")) << "it is back, with the same count";
  articles_.absent = {7};
  events_.Poll();
  EXPECT_EQ(response.events->Take().text, "event: gone\ndata: {\"id\":7}\n\n");
}

TEST_F(ArticleEventsTest, AStreamCountsUntilItsClientIsGone) {
  const Response first = Open({7}), second = Open({8});
  const Response third = Open({9});
  EXPECT_EQ(third.status, 429);
  EXPECT_EQ(third.events, nullptr);
  EXPECT_EQ(Open({9}, "192.0.2.2").status, 200);
  first.events->Close();
  EXPECT_EQ(Open({9}).status, 200);
  EXPECT_EQ(limit_.open(), 1u) << "that of b and the last were closed with their responses";
}

TEST_F(ArticleEventsTest, StreamsThatNobodyReadsKeepOneEventAnArticle) {
  const Response response = Open({7, 8});
  for (uint64_t count = 1; count <= 1000; ++count) {
    articles_.article.set_read_count(count);
    events_.Poll();
  }
  EXPECT_LT(response.events->Take().text.size(), 200u);
}

class StatusEventsTest : public ::testing::Test {
 protected:
  Response Open() {
    std::optional<Response> response;
    events_.Open({.client = "192.0.2.1"}, [&](Response answer) { response = std::move(answer); });
    EXPECT_TRUE(response.has_value());
    return *std::move(response);
  }
  static v1::SyncStatus Idle(uint64_t pending) {
    v1::SyncStatus status;
    status.set_phase(v1::SYNC_PHASE_IDLE);
    status.set_pending_articles(pending);
    return status;
  }

  FakeClock clock_;
  FakeSync sync_;
  StreamLimit limit_{10, 3};
  StatusEvents events_{sync_, limit_, clock_};
};

TEST_F(StatusEventsTest, OneStreamOfTheServiceFeedsAllAndEndsWithTheLast) {
  events_.Poll();
  EXPECT_EQ(sync_.watches, 0) << "nobody listens";
  const Response first = Open();
  events_.Poll();
  events_.Poll();
  EXPECT_EQ(sync_.watches, 1);
  sync_.watcher(Idle(3));
  EXPECT_THAT(first.events->Take().text,
              AllOf(HasSubstr("event: status"), HasSubstr(R"("pending_articles":3)")));
  const Response second = Open();
  EXPECT_THAT(second.events->Take().text, HasSubstr(R"("pending_articles":3)")) << "at once";
  sync_.watcher(Idle(4));
  for (const Response* response : {&first, &second}) {
    EXPECT_THAT(response->events->Take().text, HasSubstr(R"("pending_articles":4)"));
  }
  first.events->Close();
  second.events->Close();
  events_.Poll();
  EXPECT_EQ(sync_.open_watches, 0);
  const Response third = Open();
  EXPECT_EQ(third.events->Take().text, "") << "the old status is not told";
}

TEST_F(StatusEventsTest, SaysThatTheServiceIsAwayAndComesBackToItByItself) {
  const Response response = Open();
  events_.Poll();
  sync_.watcher(absl::UnavailableError("away"));
  EXPECT_EQ(response.events->Take().text, "event: unavailable\ndata: {\"code\":14,\"message\":\"away\"}\n\n");
  events_.Poll();
  EXPECT_EQ(sync_.watches, 1) << "not before the delay is over";
  clock_.Advance(absl::Seconds(10));
  events_.Poll();
  EXPECT_EQ(sync_.watches, 2);
  sync_.watcher(Idle(1));
  EXPECT_THAT(response.events->Take().text, HasSubstr("event: status"));
}

TEST(SharedAnswerTest, OneAnswerServesAllWhoWaitAndThoseWhoComeSoonAfter) {
  FakeClock clock;
  std::vector<Callback<int>> asked;
  const auto shared = std::make_shared<SharedAnswer<int>>(
      [&](Callback<int> callback) { asked.push_back(std::move(callback)); }, absl::Seconds(1), clock);
  std::vector<int> answers;
  const auto get = [&] {
    shared->Get([&](const absl::StatusOr<int>& answer) { answers.push_back(answer.value_or(-1)); });
  };
  get();
  get();
  ASSERT_THAT(asked, SizeIs(1));
  asked[0](7);
  get();
  EXPECT_THAT(answers, ::testing::ElementsAre(7, 7, 7));
  EXPECT_THAT(asked, SizeIs(1));
  clock.Advance(absl::Seconds(2));
  get();
  ASSERT_THAT(asked, SizeIs(2));
  asked[1](absl::UnavailableError("away"));
  EXPECT_EQ(answers.back(), -1);
  get();
  EXPECT_THAT(asked, SizeIs(3)) << "errors are not kept";
}

}  // namespace
}  // namespace readcount::gateway
