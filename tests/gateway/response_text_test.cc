#include "gateway/response_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace readcount::gateway {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Render(const Response& response, const Framing& framing = {.keep_alive = true}) {
  std::string out = "what was there before";
  RenderResponse(response, framing, out);
  return out;
}

TEST(ResponseTextTest, AResponseHasWhatEveryOneHasAndItsOwn) {
  const std::string text = Render({.status = 404, .body = "{}", .headers = {{"A", "b"}, {"C", "d"}}});
  EXPECT_THAT(text,
              AllOf(StartsWith("HTTP/1.1 404 Not Found\r\nDate: "),
                    HasSubstr("\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n"),
                    HasSubstr("\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"),
                    EndsWith("\r\nA: b\r\nC: d\r\n\r\n{}")));
}

TEST(ResponseTextTest, IdAndTraceStandOnceWhereTheyAreSet) {
  Response response{.body = "{}"};
  EXPECT_THAT(Render(response), AllOf(Not(HasSubstr("X-Request-Id")), Not(HasSubstr("traceparent"))));
  response.request_id = RequestId::Parse("r-1");
  response.traceparent = TraceContext::Parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_THAT(Render(response),
              HasSubstr("\r\nX-Request-Id: r-1\r\n"
                        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"));
}

TEST(ResponseTextTest, WhatHasNoContentHasNoLengthOrType) {
  for (const int status : {204, 304}) {
    const std::string text = Render({.status = status, .body = "dropped", .headers = {{"ETag", "\"e\""}}});
    EXPECT_THAT(text,
                AllOf(Not(HasSubstr("\r\nContent-Length")), Not(HasSubstr("\r\nContent-Type")),
                      HasSubstr("\r\nCache-Control: no-store\r\n"), EndsWith("\r\nETag: \"e\"\r\n\r\n")));
  }
}

TEST(ResponseTextTest, CachesAreToldWhatTheResponseSays) {
  EXPECT_THAT(Render({.cache_control = "no-cache"}), HasSubstr("\r\nCache-Control: no-cache\r\n"));
}

TEST(ResponseTextTest, TheAnswerToHeadHasTheLengthButNotTheBody) {
  const std::string text = Render({.body = "body"}, {.head_only = true, .keep_alive = true});
  EXPECT_THAT(text, AllOf(HasSubstr("\r\nContent-Length: 4\r\n"), EndsWith("\r\n\r\n")));
}

TEST(ResponseTextTest, TheConnectionsFateIsToldWhereItIsNotTheUsual) {
  EXPECT_THAT(Render({}), Not(HasSubstr("Connection")));
  EXPECT_THAT(Render({}, {.keep_alive = false}), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(Render({}, {.keep_alive = true, .http_1_0 = true}),
              HasSubstr("\r\nConnection: keep-alive\r\n"));
}

}  // namespace
}  // namespace readcount::gateway
