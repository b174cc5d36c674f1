#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/gateway/gateway_fixture.h"

namespace readcount::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST_F(GatewayServerTest, WhileTheServicesAreAwayClientsAreToldToComeAgain) {
  ASSERT_NO_FATAL_FAILURE(StartServices());
  StopServices();
  ASSERT_NO_FATAL_FAILURE(StartGateway());
  Client client(address());
  for (const char* target :
       {"/api/article/7", "/api/article/7?view=false", "/api/articles", "/api/sync", "/readyz"}) {
    const Reply reply = client.Ask(Get(target));
    EXPECT_EQ(reply.status, 503) << target;
    EXPECT_THAT(reply.headers, Contains(Pair("retry-after", "1"))) << target;
    EXPECT_THAT(reply.body, Not(HasSubstr("127.0.0.1"))) << target;
  }
  EXPECT_THAT(client.Ask(Get("/api/article/7")).body, HasSubstr("nothing was counted"));
  EXPECT_EQ(client.Ask(Get("/healthz")).status, 200);
}

TEST_F(GatewayServerTest, WhereTheServicesKeepTheirDataIsNotForClients) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  for (const char* target : {"/api/article/999", "/api/article/999?view=false"}) {
    const Reply reply = client.Ask(Get(target));
    EXPECT_EQ(reply.status, 503) << target;
    EXPECT_THAT(reply.body, Not(HasSubstr(kAddress))) << target;
  }
  EXPECT_THAT(client.Ask(Get("/api/article/999")).body, HasSubstr("nothing was counted"));
}

TEST_F(GatewayServerTest, WhyARunFailedIsNotForClients) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_THAT(client.Ask(Get("/api/sync")).body,
              HasSubstr(R"("last_run":null,"next_run_at":null,"last_error":"")"));
  sync_.fails = true;
  const Reply status = client.Ask(Get("/api/sync"));
  EXPECT_THAT(status.body, HasSubstr(R"("error":"the run failed)"));
  EXPECT_THAT(status.body, HasSubstr(R"("last_error":"the run failed)"));
  EXPECT_THAT(status.body, Not(HasSubstr(kAddress)));
  const Reply run = client.Ask(
      "POST /api/sync HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer secret\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(run.body, HasSubstr(R"("error":"the run failed)"));
  EXPECT_THAT(run.body, Not(HasSubstr(kAddress)));
}

// It may be frozen: the kernel still takes connections for it.
TEST_F(GatewayServerTest, AServiceThatDoesNotAnswerIsSoonKnownNotToBeReady) {
  settings_.gateway.request_timeout = absl::Hours(1);
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor frozen(io, {boost::asio::ip::address_v4::loopback(), 0});
  settings_.gateway.article_service = {.host = "127.0.0.1", .port = frozen.local_endpoint().port()};
  settings_.gateway.sync_service = settings_.gateway.article_service;
  ASSERT_NO_FATAL_FAILURE(StartGateway());
  Client client(address());
  const Reply reply = client.Ask(Get("/readyz"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.headers, Contains(Pair("retry-after", "1")));
}

TEST_F(GatewayServerTest, AViewUnderWayWhenTheStreamBreaksFailsOnceAndIsNotSentAgain) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kBreak);
  Client client(address());
  const Reply broken = client.Ask(Get("/api/article/7"));
  EXPECT_EQ(broken.status, 503);
  EXPECT_THAT(broken.headers, Contains(Pair("retry-after", "1")));
  EXPECT_THAT(broken.body, HasSubstr("may have been counted"));
  EXPECT_THAT(client.Ask(Get("/api/article/8")).body, HasSubstr(R"("id":8,)"));
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 1u), Pair(8u, 1u)));
}

TEST_F(GatewayServerTest, AViewThatTheServiceGivesBackWhenItStopsWasNotCounted) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  for (const Turn turn : {Turn::kEnd, Turn::kCancel}) {
    articles_.Plan(turn);
    const Reply given_back = client.Ask(Get("/api/article/7"));
    EXPECT_EQ(given_back.status, 503);
    EXPECT_THAT(given_back.headers, Contains(Pair("retry-after", "1")));
    EXPECT_THAT(given_back.body, HasSubstr("nothing was counted"));
  }
  EXPECT_EQ(client.Ask(Get("/api/article/7")).status, 200);
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 1u)));
}

TEST_F(GatewayServerTest, ViewsThatWaitWhenTheStreamBreaksGoOverTheNext) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHoldAndBreak);
  Client first(address());
  first.Send(Get("/api/article/7"));
  articles_.held.WaitForNotification();
  std::deque<Client> waiting;
  for (int i = 0; i < 10; ++i) waiting.emplace_back(address()).Send(Get("/api/article/8"));
  articles_.release.Notify();
  EXPECT_EQ(first.Read().status, 503);
  for (Client& client : waiting) EXPECT_EQ(client.Read().status, 200);
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 1u), Pair(8u, 10u)));
}

TEST_F(GatewayServerTest, AReplyShortOfItsBatchIsAnErrorAndTheNextWorks) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kShort);
  Client client(address());
  EXPECT_EQ(client.Ask(Get("/api/article/7")).status, 500);
  EXPECT_THAT(client.Ask(Get("/api/article/8")).body, HasSubstr(R"("id":8,"title":"","read_count":1,)"));
}

TEST_F(GatewayServerTest, AnAnswerThatNeverComesTimesOutAndTheNextWorks) {
  settings_.gateway.request_timeout = absl::Milliseconds(200);
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kSilent);
  Client client(address());
  const Reply late = client.Ask(Get("/api/article/7"));
  EXPECT_EQ(late.status, 504);
  EXPECT_THAT(late.body, HasSubstr("may have been counted"));
  EXPECT_THAT(client.Ask(Get("/api/article/8")).body, HasSubstr(R"("id":8,)"));
}

TEST_F(GatewayServerTest, AViewThatTheServicePutsOffIsCountedOnceTheArticleHasBeenRead) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kPutOff);
  Client client(address());
  EXPECT_THAT(client.Ask(Get("/api/article/7")).body, HasSubstr(R"("id":7,"title":"","read_count":1,)"));
  EXPECT_THAT(articles_.got(), ElementsAre(7u));
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 1u)));
}

TEST_F(GatewayServerTest, AViewWhoseTextIsAtHandDoesNotWaitForOneThatMustBeRead) {
  articles_.text_fresh_ms = 3600000;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_THAT(client.Ask(Get("/api/article/7")).body, HasSubstr(R"("id":7,"title":"","read_count":1,)"));
  articles_.Plan(Turn::kHold);
  Client slow(address());
  slow.Send(Get("/api/article/8"));
  articles_.held.WaitForNotification();
  EXPECT_THAT(client.Ask(Get("/api/article/7")).body, HasSubstr(R"("id":7,"title":"","read_count":2,)"));
  EXPECT_EQ(articles_.asked_for_counts(), 1);
  articles_.release.Notify();
  EXPECT_EQ(slow.Read().status, 200);
}

TEST_F(GatewayServerTest, ACountThatTheServicePutsOffIsCountedOnceTheArticleHasBeenRead) {
  articles_.text_fresh_ms = 3600000;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_EQ(client.Ask(Get("/api/article/7")).status, 200);
  articles_.Plan(Turn::kPutOff);
  EXPECT_THAT(client.Ask(Get("/api/article/7")).body, HasSubstr(R"("id":7,"title":"","read_count":2,)"));
  EXPECT_THAT(articles_.got(), ElementsAre(7u));
  EXPECT_EQ(articles_.asked_for_counts(), 1);
}

TEST_F(GatewayServerTest, AViewThatIsPutOffTwiceIsRefusedUncounted) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kPutOff);
  articles_.Plan(Turn::kPutOff);
  Client client(address());
  EXPECT_EQ(client.Ask(Get("/api/article/7")).status, 504);
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 0u)));
}

TEST_F(GatewayServerTest, AClientThatLeavesDoesNotDisturbTheOthers) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  {
    Client gone(address());
    gone.Send(Get("/api/article/7"));
    articles_.held.WaitForNotification();
  }
  articles_.release.Notify();
  Client client(address());
  EXPECT_THAT(client.Ask(Get("/api/article/7")).body, HasSubstr(R"("read_count":2,)"));
}

TEST_F(GatewayServerTest, DrainLetsTheRequestUnderWayFinish) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  Client idle(address());
  ASSERT_EQ(idle.Ask(Get("/healthz")).status, 200);
  Client busy(address());
  busy.Send(Get("/api/article/7") + Get("/api/article/8"));
  articles_.held.WaitForNotification();
  std::thread drain([this] { gateway_->Drain(absl::Seconds(20)); });
  EXPECT_TRUE(idle.Ended());  // and so the drain has begun
  articles_.release.Notify();
  const Reply reply = busy.Read();
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.headers, Contains(Pair("connection", "close")));
  EXPECT_TRUE(busy.Ended());
  drain.join();
  EXPECT_FALSE(Client(address()).connected());
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 1u)));
}

// Neither those who come while it begins nor those who ask again and again lose an answer.
TEST_F(GatewayServerTest, DrainAnswersWhatIsOnItsWay) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  Client held(address());
  held.Send(Get("/api/article/7"));
  articles_.held.WaitForNotification();
  std::thread newcomers([this] {
    for (;;) {
      Client client(address());
      if (!client.connected()) break;
      EXPECT_EQ(client.Ask(Get("/healthz")).status, 200);
    }
  });
  Client served(address());
  std::thread regular([&served] {
    Reply reply;
    do {
      reply = served.Ask(Get("/healthz"));
      EXPECT_EQ(reply.status, 200);
    } while (reply.status == 200 && !reply.headers.contains("connection"));
    EXPECT_TRUE(served.Ended());
  });
  std::thread drain([this] { gateway_->Drain(absl::Seconds(20)); });
  newcomers.join();
  regular.join();
  articles_.release.Notify();
  EXPECT_EQ(held.Read().status, 200);
  drain.join();
}

TEST_F(GatewayServerTest, DrainCutsWhatOutlastsItsGrace) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  Client busy(address());
  busy.Send(Get("/api/article/7"));
  articles_.held.WaitForNotification();
  gateway_->Drain(absl::Milliseconds(10));
  EXPECT_TRUE(busy.Ended());
  articles_.release.Notify();
}

TEST_F(GatewayServerTest, CanEndWithAViewUnderWay) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  Client busy(address());
  busy.Send(Get("/api/article/7"));
  articles_.held.WaitForNotification();
  gateway_.reset();
  EXPECT_TRUE(busy.Ended());
}

TEST_F(GatewayServerTest, ServesEveryAddressOfAName) {
  settings_.gateway.listen = {.host = "localhost", .port = 0};
  ASSERT_NO_FATAL_FAILURE(StartAll());
  boost::asio::io_context io;
  for (const auto& found : boost::asio::ip::tcp::resolver(io).resolve("localhost", "")) {
    const Address one = {.host = found.endpoint().address().to_string(), .port = address().port};
    testing::RawConnection client(one.ToString());
    EXPECT_TRUE(client.Send(Get("/healthz"))) << one.ToString();
    std::string reply;
    EXPECT_TRUE(client.Receive(reply)) << one.ToString();
    EXPECT_THAT(reply, HasSubstr("200")) << one.ToString();
  }
}

TEST_F(GatewayServerTest, AnAddressThatIsTakenIsNamed) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  settings_.gateway.listen = address();
  const absl::StatusOr<std::unique_ptr<Program>> second = GatewayServer::Start(settings_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("gateway.listen"));
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("end the other program or choose another port"));
}

}  // namespace
}  // namespace readcount::gateway
