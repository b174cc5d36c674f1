// What holds for every request, through the whole gateway and over real connections.
#include "tests/gateway/gateway_fixture.h"

namespace readcount::gateway {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::Pair;

constexpr char kTrace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class GatewayConventionsTest : public GatewayServerTest {
 protected:
  Reply Ask(absl::string_view target, absl::string_view headers = "") {
    Client client(address());
    return client.Ask(Get(target, headers));
  }
};

TEST_F(GatewayConventionsTest, ARequestsIdAndTraceGoToTheServiceAndBack) {
  StartAll();
  const Reply reply = Ask(
      "/api/article/1?view=false",
      absl::StrCat("X-Request-Id: mine-1\r\ntraceparent: ", kTrace, "\r\nGrpc-Metadata-Tenant: blue\r\n"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.headers, Contains(Pair("x-request-id", "mine-1")));
  EXPECT_THAT(reply.headers, Contains(Pair("traceparent", kTrace)));
  const std::multimap<std::string, std::string> metadata = articles_.metadata();
  EXPECT_THAT(metadata, Contains(Pair("x-request-id", "mine-1")));
  EXPECT_THAT(metadata, Contains(Pair("tenant", "blue")));
  EXPECT_THAT(metadata, Contains(Pair("traceparent",
                                      MatchesRegex("00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]+-01"))));
  EXPECT_THAT(metadata, Not(Contains(Pair("traceparent", kTrace)))) << "the call is a child of its own";
}

TEST_F(GatewayConventionsTest, ARequestWithoutIdOrTraceIsGivenThem) {
  StartAll();
  for (const char* target : {"/api/article/1", "/api/article/0", "/nothing", "/healthz", "/"}) {
    const Reply reply = Ask(target);
    EXPECT_THAT(reply.headers, Contains(Pair("x-request-id", MatchesRegex("[0-9a-f]{16}")))) << target;
    EXPECT_THAT(reply.headers, Contains(Pair("traceparent", MatchesRegex("00-[0-9a-f-]+-00")))) << target;
  }
}

TEST_F(GatewayConventionsTest, AnErrorIsAProblemForThoseWhoAskForProblems) {
  StartAll();
  const Reply reply =
      Ask("/api/article/1000", "Accept: application/problem+json, application/json;q=0.5\r\n");
  EXPECT_EQ(reply.status, 404);
  EXPECT_THAT(reply.headers, Contains(Pair("content-type", HasSubstr("application/problem+json"))));
  EXPECT_THAT(reply.body, HasSubstr(R"("status":404)"));
  EXPECT_THAT(reply.body, HasSubstr(R"("code":5)"));
  EXPECT_THAT(Ask("/api/article/1000").body, HasSubstr(R"("data":null)"));
}

TEST_F(GatewayConventionsTest, WhoAcceptsNothingOfWhatThereIsGetsNothingAndCountsNothing) {
  StartAll();
  EXPECT_EQ(Ask("/api/article/1", "Accept: text/html\r\n").status, 406);
  EXPECT_THAT(articles_.counts(), Not(Contains(Key(1u))));
  EXPECT_EQ(Ask("/api/article/1", "Accept: text/html, */*;q=0.1\r\n").status, 200);
}

TEST_F(GatewayConventionsTest, AViewIsAnsweredWhenItsOwnTimeIsOver) {
  articles_.Plan(Turn::kSilent);
  StartAll();
  const Reply reply = Ask("/api/article/1", "Grpc-Timeout: 50m\r\n");
  EXPECT_EQ(reply.status, 504);
  EXPECT_THAT(reply.body, HasSubstr("may have been counted"));
  EXPECT_EQ(Ask("/api/article/1", "Grpc-Timeout: soon\r\n").status, 400);
}

TEST_F(GatewayConventionsTest, AViewThatWaitsForAMessageIsAnsweredWhenItsOwnTimeIsOver) {
  settings_.gateway.streams = 1;
  articles_.Plan(Turn::kHold);
  StartAll();
  Client first(address());
  first.Send(Get("/api/article/1"));
  articles_.held.WaitForNotification();
  const Reply reply = Ask("/api/article/1", "Grpc-Timeout: 50m\r\n");
  EXPECT_EQ(reply.status, 504);
  EXPECT_THAT(reply.body, HasSubstr("nothing was counted"));
  articles_.release.Notify();
  EXPECT_EQ(first.Read().status, 200);
  EXPECT_EQ(articles_.counts()[1], 1u);
}

TEST_F(GatewayConventionsTest, OtherOriginsReadWhatTheyMayOnceItIsConfigured) {
  settings_.gateway.cors_origins = "https://example.org";
  StartAll();
  EXPECT_THAT(Ask("/api/article/1", "Origin: https://example.org\r\n").headers,
              Contains(Pair("access-control-allow-origin", "https://example.org")));
  EXPECT_THAT(Ask("/api/article/1", "Origin: https://other.example\r\n").headers,
              Not(Contains(Key("access-control-allow-origin"))));
  Client client(address());
  const Reply preflight = client.Ask(
      "OPTIONS /api/sync HTTP/1.1\r\nHost: h\r\nOrigin: https://example.org\r\n"
      "Access-Control-Request-Method: POST\r\n\r\n");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_THAT(preflight.headers, Contains(Pair("access-control-allow-methods", HasSubstr("POST"))));
}

TEST_F(GatewayConventionsTest, OtherOriginsReadNothingUnlessItIsConfigured) {
  StartAll();
  EXPECT_THAT(Ask("/api/article/1", "Origin: https://example.org\r\n").headers,
              Not(Contains(Key("access-control-allow-origin"))));
}

TEST_F(GatewayConventionsTest, OriginsThatAreNoneStopTheStart) {
  settings_.gateway.cors_origins = "example.org/path";
  const auto started = GatewayServer::Start(settings_);
  EXPECT_EQ(started.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(started.status().message(), HasSubstr("gateway.cors_origins"));
}

TEST_F(GatewayConventionsTest, WhatIsLongIsCompressedForThoseWhoTakeIt) {
  StartAll();
  const Reply packed = Ask("/web/chart.min.js", "Accept-Encoding: gzip\r\n"),
              plain = Ask("/web/chart.min.js");
  EXPECT_THAT(packed.headers, Contains(Pair("content-encoding", "gzip")));
  EXPECT_LT(packed.body.size(), plain.body.size() / 2);
  EXPECT_THAT(Ask("/api/article/1", "Accept-Encoding: gzip\r\n").headers,
              Not(Contains(Key("content-encoding"))));
}

TEST_F(GatewayConventionsTest, StreamsOfEventsSayWhatTheyAre) {
  StartAll();
  Client client(address());
  const Reply head = [&] {
    client.Send(Get("/api/article/1/events"));
    return client.Read(/*head=*/true);
  }();
  EXPECT_EQ(head.status, 200);
  EXPECT_THAT(head.headers, Contains(Pair("content-type", "text/event-stream")));
  EXPECT_THAT(head.headers, Contains(Pair("connection", "close")));
  EXPECT_THAT(head.headers, Not(Contains(Key("content-length"))));
  EXPECT_TRUE(client.Expect("retry: 1000\n\nevent: count\ndata: {\"id\":1,\"read_count\":0}\n\n"));
  EXPECT_EQ(Ask("/api/article/1000/events").status, 404);
}

}  // namespace
}  // namespace readcount::gateway
