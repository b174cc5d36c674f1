#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/gateway/gateway_fixture.h"

namespace readcount::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class GatewayLimitsTest : public GatewayServerTest {
 protected:
  void ExpectToldToComeAgain(const Reply& reply) {
    EXPECT_EQ(reply.status, 503);
    EXPECT_THAT(reply.headers, Contains(Pair("retry-after", "1")));
    EXPECT_THAT(reply.body, HasSubstr("nothing was counted"));
  }
};

TEST_F(GatewayLimitsTest, AConnectionTooManyIsToldToComeAgain) {
  settings_.gateway.max_connections = 1;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  Client busy(address());
  busy.Send(Get("/api/article/7"));
  articles_.held.WaitForNotification();
  Client refused(address());
  ExpectToldToComeAgain(refused.Ask(Get("/api/article/8")));
  EXPECT_TRUE(refused.Ended());
  articles_.release.Notify();
  EXPECT_EQ(busy.Read().status, 200);
  EXPECT_EQ(busy.Ask(Get("/healthz")).status, 200);
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 1u)));
}

TEST_F(GatewayLimitsTest, ANewConnectionTakesThePlaceOfTheOneThatHasBeenIdleLongest) {
  settings_.gateway.max_connections = 2;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client first(address()), second(address());
  EXPECT_EQ(first.Ask(Get("/healthz")).status, 200);
  EXPECT_EQ(second.Ask(Get("/healthz")).status, 200);
  EXPECT_EQ(first.Ask(Get("/healthz")).status, 200);
  Client third(address());
  EXPECT_EQ(third.Ask(Get("/healthz")).status, 200);
  EXPECT_TRUE(second.Ended());
  EXPECT_EQ(first.Ask(Get("/healthz")).status, 200);
}

TEST_F(GatewayLimitsTest, AnEndedConnectionLeavesItsPlace) {
  settings_.gateway.max_connections = 1;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  for (int i = 0; i < 300; ++i) {  // more than may be waiting to read a refusal
    Client client(address());
    const Reply reply = client.Ask(Get("/healthz", "Connection: close\r\n"));
    EXPECT_TRUE(reply.status == 200 || reply.status == 503) << reply.status;
    EXPECT_TRUE(client.Ended());
  }
}

TEST_F(GatewayLimitsTest, ARequestTooManyIsToldToComeAgainWhileHealthStaysGood) {
  settings_.gateway.max_requests = 1;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  Client busy(address());
  busy.Send(Get("/api/article/7"));
  articles_.held.WaitForNotification();
  Client client(address());
  ExpectToldToComeAgain(client.Ask(Get("/api/article/8")));
  ExpectToldToComeAgain(client.Ask(Get("/api/articles")));
  EXPECT_EQ(client.Ask(Get("/healthz")).status, 200);
  articles_.release.Notify();
  EXPECT_EQ(busy.Read().status, 200);
  EXPECT_EQ(client.Ask(Get("/api/article/8")).status, 200);
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 1u), Pair(8u, 1u)));
}

TEST_F(GatewayLimitsTest, ARequestThatDripsIsCutHoweverItDrips) {
  settings_.gateway.header_timeout = absl::Milliseconds(150);
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const std::string post = "POST /api/sync HTTP/1.1\r\nHost: h\r\n";
  const std::pair<std::string, std::string> drips[] = {
      {"GET /healthz HTTP/1.1\r\nHost: h\r\n", "A: b\r\n"},
      {"GET /", "a"},
      {post + "Content-Length: 60000\r\n\r\n", "a"},
      {post + "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"},
  };
  for (const auto& [begin, more] : drips) {
    Client client(address());
    client.Send(begin);
    EXPECT_TRUE(client.DripUntilAnswered(more)) << begin;
    EXPECT_EQ(client.Read().status, 408) << begin;
  }
}

TEST_F(GatewayLimitsTest, AClientThatDoesNotReadIsCut) {
  settings_.gateway.header_timeout = absl::Milliseconds(150);
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_TRUE(client.FloodUntilEnded(Get("/api/articles?author=" + std::string(4000, 'a'))));
  EXPECT_EQ(Client(address()).Ask(Get("/healthz")).status, 200);
}

TEST_F(GatewayLimitsTest, AClientBeyondItsRateIsRefusedWhateverItsProxy) {
  settings_.gateway.request_rate_per_client = 1;
  settings_.gateway.request_burst_per_client = 2;
  settings_.gateway.trusted_proxies = "127.0.0.1";
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client proxy(address());
  const auto ask = [&](const std::string& hops) {
    return proxy.Ask(Get("/api/article/7", absl::StrCat("X-Forwarded-For: ", hops, "\r\n")));
  };
  EXPECT_EQ(ask("192.0.2.1").status, 200);
  EXPECT_EQ(ask("198.51.100.9, 192.0.2.1").status, 200) << "what stands before it is anybody's word";
  const Reply refused = ask("198.51.100.8, 192.0.2.1");
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.headers, Contains(Pair("retry-after", "1")));
  EXPECT_THAT(refused.body, HasSubstr("nothing was counted"));
  EXPECT_EQ(ask("192.0.2.2").status, 200);
  EXPECT_EQ(proxy.Ask(Get("/healthz", "X-Forwarded-For: 192.0.2.1\r\n")).status, 200);
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 3u)));
}

TEST_F(GatewayLimitsTest, BehindAProxyEachClientHasItsEventStreams) {
  settings_.gateway.max_event_streams_per_client = 1;
  settings_.gateway.trusted_proxies = "127.0.0.0/8";
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const auto watch = [](Client& client, const std::string& hop) {
    client.Send(Get("/api/sync/events", "X-Forwarded-For: " + hop + "\r\n"));
    return client.Expect("HTTP/1.1 200 OK\r\n");
  };
  Client first(address()), second(address()), third(address());
  EXPECT_TRUE(watch(first, "192.0.2.1"));
  EXPECT_TRUE(watch(second, "192.0.2.2"));
  EXPECT_FALSE(watch(third, "192.0.2.1"));
}

TEST_F(GatewayLimitsTest, WhoIsNoTrustedProxyIsTheClientItself) {
  settings_.gateway.request_rate_per_client = 1;
  settings_.gateway.request_burst_per_client = 1;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_EQ(client.Ask(Get("/api/articles", "X-Forwarded-For: 192.0.2.1\r\n")).status, 200);
  EXPECT_EQ(client.Ask(Get("/api/articles", "X-Forwarded-For: 192.0.2.2\r\n")).status, 429);
}

TEST_F(GatewayLimitsTest, AClientHasItsRequestsUnderWay) {
  settings_.gateway.max_requests_per_client = 1;
  settings_.gateway.trusted_proxies = "127.0.0.1";
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  Client busy(address()), other(address());
  busy.Send(Get("/api/article/7", "X-Forwarded-For: 192.0.2.1\r\n"));
  articles_.held.WaitForNotification();
  EXPECT_EQ(other.Ask(Get("/api/articles", "X-Forwarded-For: 192.0.2.1\r\n")).status, 429);
  EXPECT_EQ(other.Ask(Get("/api/articles", "X-Forwarded-For: 192.0.2.2\r\n")).status, 200);
  articles_.release.Notify();
  EXPECT_EQ(busy.Read().status, 200);
  EXPECT_EQ(other.Ask(Get("/api/articles", "X-Forwarded-For: 192.0.2.1\r\n")).status, 200);
}

}  // namespace
}  // namespace readcount::gateway
