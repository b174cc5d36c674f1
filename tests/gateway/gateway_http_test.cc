#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/gateway/gateway_fixture.h"

namespace readcount::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

TEST_F(GatewayServerTest, CountsViewsAndSaysHowMany) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  const Reply first = client.Ask(Get("/api/article/7"));
  EXPECT_EQ(first.status, 200);
  EXPECT_THAT(first.body, HasSubstr(R"("id":7,"title":"","read_count":1,)"));
  EXPECT_THAT(first.headers, Contains(Pair("content-type", "application/json; charset=utf-8")));
  EXPECT_THAT(first.headers, Contains(Pair("cache-control", "no-store")));
  EXPECT_THAT(client.Ask(Get("/api/article/7")).body, HasSubstr(R"("read_count":2,)"));
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 2u)));
}

TEST_F(GatewayServerTest, MatchesViewsToIdsWhateverComesAtOnce) {
  settings_.gateway.streams = 2;
  settings_.gateway.threads = 2;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  constexpr int kClients = 8, kRounds = 20;
  const std::vector<uint64_t> ids = {1, 2, 2000, 3, 4, 1, 3000, 5};
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      Client client(address());
      for (int round = 0; round < kRounds; ++round) {
        for (const uint64_t id : ids) client.Send(Get(absl::StrCat("/api/article/", id)));
        for (const uint64_t id : ids) {
          const Reply reply = client.Read();
          ASSERT_EQ(reply.status, id < kFirstAbsent ? 200 : 404);
          if (reply.status == 200) {
            ASSERT_THAT(reply.body, HasSubstr(absl::StrCat("\"id\":", id, ",")));
          }
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  constexpr uint64_t kEach = kClients * kRounds;
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(1u, 2 * kEach), Pair(2u, kEach), Pair(3u, kEach),
                                              Pair(4u, kEach), Pair(5u, kEach)));
}

TEST_F(GatewayServerTest, ManyWaitersGetEveryCountOnce) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kHold);
  Client first(address());
  first.Send(Get("/api/article/7"));
  articles_.held.WaitForNotification();
  std::deque<Client> waiting;
  for (int i = 0; i < 20; ++i) waiting.emplace_back(address()).Send(Get("/api/article/7"));
  articles_.release.Notify();
  EXPECT_THAT(first.Read().body, HasSubstr(R"("read_count":1,)"));
  std::set<std::string> bodies;
  for (Client& client : waiting) bodies.insert(client.Read().body);
  EXPECT_THAT(bodies, SizeIs(20));
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 21u)));
}

TEST_F(GatewayServerTest, HeadAndPrefetchAndViewFalseDoNotCount) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  client.Send("HEAD /api/article/7 HTTP/1.1\r\nHost: h\r\n\r\n");
  const Reply head = client.Read(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_THAT(head.headers, Contains(Pair("content-length", Not("0"))));
  EXPECT_EQ(client.Ask(Get("/api/article/7?view=false")).status, 200);
  EXPECT_EQ(client.Ask(Get("/api/article/7", "Sec-Purpose: prefetch;prerender\r\n")).status, 200);
  EXPECT_EQ(client.Ask(Get("/api/article/7", "Purpose: Prefetch\r\n")).status, 200);
  EXPECT_THAT(articles_.got(), ElementsAre(7u, 7u, 7u, 7u));
  EXPECT_THAT(client.Ask(Get("/api/article/7")).body, HasSubstr(R"("read_count":1,)"));
}

TEST_F(GatewayServerTest, ServesEveryRoute) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_THAT(client.Ask(Get("/api/articles?author=x")).body, HasSubstr(R"("author":"x")"));
  EXPECT_EQ(client.Ask(Get("/api/articles?page_size=101")).status, 400);
  EXPECT_THAT(client.Ask(Get("/api/sync")).body, HasSubstr(R"("phase":"idle")"));
  EXPECT_EQ(client.Ask("POST /api/sync HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").status, 401);
  EXPECT_THAT(client
                  .Ask("POST /api/sync HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer "
                       "secret\r\nContent-Length: 0\r\n\r\n")
                  .body,
              HasSubstr(R"("requested_by":"gateway")"));
  EXPECT_EQ(client.Ask(Get("/healthz")).status, 200);
  EXPECT_EQ(client.Ask(Get("/nothing")).status, 404);
  const Reply refused = client.Ask("DELETE /api/article/7 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(refused.status, 405);
  EXPECT_THAT(refused.headers, Contains(Pair("allow", "GET, HEAD, OPTIONS")));
  const Reply options = client.Ask("OPTIONS /api/sync HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(options.status, 204);
  EXPECT_THAT(options.headers, Contains(Pair("allow", "GET, HEAD, POST, OPTIONS")));
}

TEST_F(GatewayServerTest, IsReadyWhileTheArticleServiceServes) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_THAT(client.Ask(Get("/readyz")).body,
              HasSubstr(R"({"article_service":"serving","sync_service":"serving"})"));
  SetServing("readcount.v1.SyncService", false);
  EXPECT_EQ(client.Ask(Get("/readyz")).status, 200);
  SetServing("readcount.v1.ArticleService", false);
  const Reply unready = client.Ask(Get("/readyz"));
  EXPECT_EQ(unready.status, 503);
  EXPECT_THAT(unready.headers, Contains(Pair("retry-after", "1")));
}

TEST_F(GatewayServerTest, PipelinedRequestsAreAnsweredInOrder) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  client.Send(Get("/api/article/1") + Get("/healthz") + Get("/api/article/2"));
  EXPECT_THAT(client.Read().body, HasSubstr(R"("id":1,)"));
  EXPECT_THAT(client.Read().body, HasSubstr("alive"));
  EXPECT_THAT(client.Read().body, HasSubstr(R"("id":2,)"));
}

TEST_F(GatewayServerTest, ABodyIsReadAwayBeforeTheNextRequest) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  const std::string post = "POST /api/sync HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer secret\r\n";
  client.Send(absl::StrCat(post, "Content-Length: 5\r\n\r\nhello", post,
                           "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Get("/healthz")));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_THAT(client.Read().body, HasSubstr("alive"));
}

TEST_F(GatewayServerTest, TakesARequestByteByByte) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  for (const char byte : Get("/api/article/7")) client.Send(absl::string_view(&byte, 1));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 1u)));
}

TEST_F(GatewayServerTest, TellsAClientThatAsksToSendItsBody) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  client.Send("POST /api/sync HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  ASSERT_TRUE(client.Expect("HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_EQ(client.Ask("ab").status, 401);
}

TEST_F(GatewayServerTest, AConnectionStaysUnlessTheClientClosesIt) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_THAT(client.Ask(Get("/healthz")).headers, Not(Contains(Pair("connection", "close"))));
  const Reply last = client.Ask(Get("/healthz", "Connection: close\r\n"));
  EXPECT_EQ(last.status, 200);
  EXPECT_THAT(last.headers, Contains(Pair("connection", "close")));
  EXPECT_TRUE(client.Ended());
}

TEST_F(GatewayServerTest, AnHttp10ConnectionEndsUnlessTheClientKeepsIt) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  const Reply kept = client.Ask("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(kept.headers, Contains(Pair("connection", "keep-alive")));
  const Reply last = client.Ask("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_THAT(last.headers, Contains(Pair("connection", "close")));
  EXPECT_TRUE(client.Ended());
}

TEST_F(GatewayServerTest, AnEmptyLineBeforeARequestIsPassedOver) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_EQ(client.Ask("\r\n" + Get("/healthz")).status, 200);
  // As some clients send after a body that they have given no length.
  EXPECT_EQ(client.Ask("POST /api/sync HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab\r\n").status, 401);
  EXPECT_EQ(client.Ask(Get("/healthz")).status, 200);
}

TEST_F(GatewayServerTest, AnEmptyLineMayComeInPieces) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  for (const char byte : "\r\n" + Get("/healthz")) client.Send(absl::string_view(&byte, 1));
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(GatewayServerTest, AnHttp10ClientThatExpectsIsNotToldToContinue) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  client.Send("POST /api/sync HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.Ask("ab").status, 401);
}

TEST_F(GatewayServerTest, ARefusedHeadIsAnsweredWithoutABody) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  for (const absl::string_view refused :
       {"HEAD /healthz HTTP/1.1\r\n\r\n", "HEAD /healthz HTTP/1.1\r\nHost: h\r\n x\r\n\r\n"}) {
    Client client(address());
    client.Send(refused);
    EXPECT_EQ(client.Read(true).status, 400) << refused;
    EXPECT_TRUE(client.Ended()) << refused;
  }
}

TEST_F(GatewayServerTest, OnlyThePrefetchTokenMakesAPrefetch) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  for (const char* purpose :
       {"Sec-Purpose: noprefetch\r\n", "Sec-Purpose: prefetcher\r\n", "Sec-Purpose: x;prefetch\r\n",
        "Sec-Purpose: \"prefetch\"\r\n", "Purpose: no prefetch\r\n", "Sec-Purpose: pre, fetch\r\n"}) {
    EXPECT_EQ(client.Ask(Get("/api/article/7", purpose)).status, 200) << purpose;
  }
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 6u)));
  for (const char* purpose :
       {"Sec-Purpose: prefetch\r\n", "Sec-Purpose: x\r\nSec-Purpose: prefetch\r\n",
        "Sec-Purpose: x , PREFETCH ;anonymous-client-ip\r\n", "Purpose: prefetch\r\n"}) {
    EXPECT_EQ(client.Ask(Get("/api/article/7", purpose)).status, 200) << purpose;
  }
  EXPECT_THAT(articles_.counts(), ElementsAre(Pair(7u, 6u)));
}

TEST_F(GatewayServerTest, ABadIdIsRefusedAndAsksNobody) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  for (const std::string& id : {std::string("0"),
                                std::string("-1"),
                                std::string("18446744073709551616"),
                                std::string("18446744073709551617"),
                                std::string("1e3"),
                                std::string("+1"),
                                std::string("%201"),
                                std::string("1%20"),
                                std::string("%31"),
                                std::string("%2F"),
                                std::string("1%2F2"),
                                std::string("%00"),
                                std::string("1%00"),
                                std::string(".."),
                                std::string("../1"),
                                std::string("1/.."),
                                std::string("01"),
                                std::string("0x1"),
                                std::string("1.0"),
                                std::string("%C3%28"),
                                std::string("\xC3\x28"),
                                std::string(" 1"),
                                std::string("1\0", 2),
                                std::string(4096, '1'),
                                std::string("")}) {
    Client client(address());
    const int status = client.Ask(Get("/api/article/" + id)).status;
    EXPECT_TRUE(status == 400 || status == 404) << id.substr(0, 50) << ": " << status;
  }
  EXPECT_THAT(articles_.counts(), IsEmpty());
  EXPECT_THAT(articles_.got(), IsEmpty());
  EXPECT_EQ(articles_.batches(), 0);
}

TEST_F(GatewayServerTest, AnIdBeyondTheSignedIsAnId) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  EXPECT_EQ(client.Ask(Get("/api/article/9223372036854775808")).status, 404);
  EXPECT_EQ(articles_.batches(), 1);
}

TEST_F(GatewayServerTest, AHeadOverTheLimitIsRefused) {
  settings_.gateway.max_header_bytes = 512;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  ExpectRefused(Get("/healthz", absl::StrCat("A: ", std::string(600, 'a'), "\r\n")), 431);
  ExpectRefused(absl::StrCat("GET /", std::string(5000, 'a')), 431);
}

// Sizes about the limit: a head either fits or is too long, but is never taken for another fault.
TEST_F(GatewayServerTest, AHeadIsMeasuredTheSameWayAllAroundTheLimit) {
  constexpr size_t kLimit = 512;
  settings_.gateway.max_header_bytes = kLimit;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const size_t fixed = Get("/healthz", "A: \r\n").size();
  for (size_t size = kLimit - 8; size <= kLimit + 12; ++size) {
    Client client(address());
    const Reply reply =
        client.Ask(Get("/healthz", absl::StrCat("A: ", std::string(size - fixed, 'a'), "\r\n")));
    EXPECT_TRUE(reply.status == 200 || reply.status == 431) << "a head of " << size << ": " << reply.status;
    if (size <= kLimit) {
      EXPECT_EQ(reply.status, 200) << "a head of " << size;
    }
  }
}

TEST_F(GatewayServerTest, ABodyOverTheLimitIsRefused) {
  settings_.gateway.max_body_bytes = 10;
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const std::string post = "POST /api/sync HTTP/1.1\r\nHost: h\r\n";
  ExpectRefused(post + "Content-Length: 11\r\n\r\n12345678901", 413);
  ExpectRefused(post + "Transfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n", 413);
  Client client(address());
  EXPECT_EQ(client.Ask(post + "Content-Length: 10\r\n\r\n1234567890").status, 401);
}

TEST_F(GatewayServerTest, ABadlyFramedBodyIsRefused) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  ExpectRefused("POST /api/sync HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400);
}

TEST_F(GatewayServerTest, ASlowRequestIsToldSo) {
  settings_.gateway.header_timeout = absl::Milliseconds(100);
  ASSERT_NO_FATAL_FAILURE(StartAll());
  ExpectRefused("GET /healthz HTTP/1.1\r\nHos", 408);
  ExpectRefused("POST /api/sync HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab", 408);
}

TEST_F(GatewayServerTest, AnIdleConnectionEndsWithoutAWord) {
  settings_.gateway.idle_timeout = absl::Milliseconds(50);
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Client client(address());
  ASSERT_TRUE(client.connected());
  EXPECT_TRUE(client.Ended());
}

TEST_F(GatewayServerTest, AnAnswerMayTakeLongerThanARequestMay) {
  settings_.gateway.header_timeout = absl::Milliseconds(100);
  settings_.gateway.request_timeout = absl::Milliseconds(300);
  ASSERT_NO_FATAL_FAILURE(StartAll());
  articles_.Plan(Turn::kSilent);
  Client client(address());
  EXPECT_EQ(client.Ask(Get("/api/article/7")).status, 504);
  EXPECT_EQ(client.Ask(Get("/healthz")).status, 200);
}

}  // namespace
}  // namespace readcount::gateway
