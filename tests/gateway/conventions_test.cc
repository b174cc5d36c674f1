#include "gateway/conventions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/errors.h"

namespace readcount::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kTrace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr char kOrigin[] = "https://a.example";

class ConventionsTest : public ::testing::Test {
 protected:
  // Routes that remember what they were asked and answer what the test wants.
  ConventionsTest()
      : router_({{.path = "/api", .get = Answering(), .post = Answering()},
                 {.path = "/events", .get = Answering(), .offers = "text/event-stream"},
                 {.path = "/page", .get = Answering(), .offers = ""},
                 {.path = "/hot", .get = Answering(), .compressible = false}},
                /*max_requests=*/10) {}

  Handler Answering() {
    return [this](const Request& request, const std::string&, const Respond& respond) {
      asked_.push_back(request);
      respond(answer_);
    };
  }

  Response Ask(Request request, const std::string& path = "/api") {
    if (request.method == Method::kOther) request.method = Method::kGet;
    request.target.path = path;
    const Conventions conventions(router_, settings_);
    std::optional<Response> response = conventions.Begin(request);
    if (!response.has_value())
      router_.Dispatch(request, [&response](Response answer) { response = std::move(answer); });
    EXPECT_TRUE(response.has_value());
    if (!response.has_value()) return {};
    conventions.Finish(request, *response);
    return *std::move(response);
  }

  void LetIn(absl::string_view origins) {
    absl::StatusOr<CorsPolicy> policy = CorsPolicy::Parse(origins);
    ASSERT_TRUE(policy.ok()) << policy.status();
    settings_.cors = *std::move(policy);
  }

  std::vector<Request> asked_;
  Response answer_{.body = "{}"};
  ConventionSettings settings_{.max_timeout = absl::Seconds(10)};
  const Router router_;
};

TEST_F(ConventionsTest, IdAndTraceOfTheClientGoToTheHandlerAndBack) {
  const Response response =
      Ask({.request_id = RequestId::Parse("r-1"), .traceparent = TraceContext::Parse(kTrace)});
  EXPECT_EQ(response.request_id.text(), "r-1");
  EXPECT_EQ(response.traceparent.text(), kTrace);
  ASSERT_THAT(asked_, SizeIs(1));
  EXPECT_EQ(asked_[0].request_id.text(), "r-1");
  EXPECT_EQ(asked_[0].traceparent.text(), kTrace);
  EXPECT_THAT(response.headers, IsEmpty());
}

TEST_F(ConventionsTest, IdAndTraceAreMadeForWhoBringsNone) {
  const Response response = Ask({});
  EXPECT_THAT(std::string(response.request_id.text()), MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(response.traceparent.text().size(), TraceContext::kSize);
  ASSERT_THAT(asked_, SizeIs(1));
  EXPECT_EQ(asked_[0].request_id.text(), response.request_id.text());
  EXPECT_EQ(asked_[0].traceparent.text(), response.traceparent.text());
}

TEST_F(ConventionsTest, ARefusalToWhatIsNoRequestHasAnIdAndATraceToo) {
  Response refusal = ErrorResponse(absl::InvalidArgumentError("nonsense"));
  Conventions(router_, settings_).Finish(Request(), refusal);
  EXPECT_FALSE(refusal.request_id.none());
  EXPECT_FALSE(refusal.traceparent.none());
}

TEST_F(ConventionsTest, ATimeoutGoesToTheHandlerButNeverBeyondTheMost) {
  Ask({});
  Ask({.grpc_timeout = "1500m"});
  Ask({.grpc_timeout = "1H"});
  ASSERT_THAT(asked_, SizeIs(3));
  EXPECT_EQ(asked_[0].timeout, absl::InfiniteDuration());
  EXPECT_EQ(asked_[1].timeout, absl::Milliseconds(1500));
  EXPECT_EQ(asked_[2].timeout, absl::Seconds(10));
}

TEST_F(ConventionsTest, ATimeoutThatCannotBeReadOrIsOverAsksNobody) {
  const Response unread = Ask({.grpc_timeout = "soon"});
  EXPECT_EQ(unread.status, 400);
  EXPECT_THAT(unread.body, HasSubstr("Grpc-Timeout: write"));
  EXPECT_FALSE(unread.request_id.none());
  EXPECT_EQ(Ask({.grpc_timeout = "0S"}).status, 504);
  EXPECT_THAT(asked_, IsEmpty());
  constexpr size_t kUnrouted = 4, kClientError = 3, kServerError = 4;
  EXPECT_EQ(router_.tally().answered(kUnrouted, kClientError), 1u);
  EXPECT_EQ(router_.tally().answered(kUnrouted, kServerError), 1u);
}

TEST_F(ConventionsTest, WhatTheClientDoesNotAcceptIsNotAskedFor) {
  for (const auto& [accept, path] :
       {std::pair("text/html", "/api"), std::pair("application/json;q=0", "/api"),
        std::pair("application/json", "/events")}) {
    const Response response = Ask({.accept = accept}, path);
    EXPECT_EQ(response.status, 406) << accept << " " << path;
    EXPECT_THAT(response.body, HasSubstr(R"("data":null)"));
  }
  EXPECT_THAT(asked_, IsEmpty());
  for (const auto& [accept, path] :
       {std::pair("application/json", "/api"), std::pair("*/*", "/api"), std::pair("text/html", "/page"),
        std::pair("text/event-stream", "/events"), std::pair("", "/events")}) {
    EXPECT_EQ(Ask({.accept = accept}, path).status, 200) << accept << " " << path;
  }
}

TEST_F(ConventionsTest, ErrorsAreProblemsForThoseWhoWantThem) {
  answer_ = ErrorResponse(absl::NotFoundError("gone"));
  const RequestId id = RequestId::Parse("r-1");
  EXPECT_EQ(Ask({.accept = "application/json", .request_id = id}).body,
            R"({"code":5,"message":"gone","data":null})");
  const Response problem = Ask({.accept = "application/problem+json, application/json", .request_id = id});
  EXPECT_EQ(problem.status, 404);
  EXPECT_STREQ(problem.content_type, "application/problem+json");
  EXPECT_EQ(
      problem.body,
      R"({"type":"about:blank","title":"Not Found","status":404,"detail":"gone","code":5,"request_id":"r-1"})");
}

TEST_F(ConventionsTest, RefusalsOfTheRouterAreProblemsToo) {
  const Request request{.accept = "application/problem+json"};
  EXPECT_THAT(Ask(request, "/nowhere").body, HasSubstr(R"("status":404,)"));
  EXPECT_THAT(Ask(request).body, HasSubstr(R"("status":406,)"));
  Request late = request;
  late.grpc_timeout = "never";
  EXPECT_THAT(Ask(late).body, HasSubstr(R"("status":400,)"));
}

TEST_F(ConventionsTest, ASuccessIsNeverAProblem) {
  EXPECT_EQ(Ask({.accept = "application/problem+json, application/json"}).body, "{}");
}

TEST_F(ConventionsTest, AnOptionsIsToldTheMethods) {
  const Response response = Ask({.method = Method::kOptions});
  EXPECT_EQ(response.status, 204);
  EXPECT_THAT(response.headers, ElementsAre(Pair("Allow", "GET, HEAD, POST, OPTIONS")));
  EXPECT_EQ(Ask({.method = Method::kOptions}, "/nowhere").status, 404);
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(ConventionsTest, WithoutCorsAPreflightIsAnOptionsAndNothingNamesOrigins) {
  const Response preflight = Ask({.method = Method::kOptions, .origin = kOrigin, .asks_for_method = true});
  EXPECT_THAT(preflight.headers, ElementsAre(Key("Allow")));
  EXPECT_THAT(Ask({.origin = kOrigin}).headers, IsEmpty());
}

TEST_F(ConventionsTest, APreflightOfAnOriginThatIsLetInMayGoOn) {
  ASSERT_NO_FATAL_FAILURE(LetIn(kOrigin));
  const Response response = Ask({.method = Method::kOptions, .origin = kOrigin, .asks_for_method = true});
  EXPECT_EQ(response.status, 204);
  EXPECT_THAT(response.headers, Contains(Pair("Access-Control-Allow-Origin", kOrigin)));
  EXPECT_THAT(response.headers, Contains(Key("Access-Control-Allow-Methods")));
  EXPECT_THAT(asked_, IsEmpty());
  const Response stranger =
      Ask({.method = Method::kOptions, .origin = "https://evil.example", .asks_for_method = true});
  EXPECT_THAT(stranger.headers, Not(Contains(Key("Access-Control-Allow-Origin"))));
}

TEST_F(ConventionsTest, PagesOfAnOriginThatIsLetInMayReadAnswersAndErrors) {
  ASSERT_NO_FATAL_FAILURE(LetIn(kOrigin));
  for (const char* path : {"/api", "/nowhere"}) {
    EXPECT_THAT(Ask({.origin = kOrigin}, path).headers,
                Contains(Pair("Access-Control-Allow-Origin", kOrigin)));
    EXPECT_THAT(Ask({}, path).headers, ElementsAre(Pair("Vary", "Origin")));
  }
}

TEST_F(ConventionsTest, ABodyThatIsWorthItIsCompressedForThoseWhoAllowIt) {
  answer_.body = std::string(5000, 'a');
  const Response compressed = Ask({.accept_encoding = "gzip"});
  EXPECT_LT(compressed.body.size(), 200u);
  EXPECT_THAT(compressed.headers,
              ElementsAre(Pair("Vary", "Accept-Encoding"), Pair("Content-Encoding", "gzip")));
  const Response plain = Ask({.accept_encoding = "br"});
  EXPECT_EQ(plain.body, answer_.body);
  EXPECT_THAT(plain.headers, ElementsAre(Pair("Vary", "Accept-Encoding")));
}

TEST_F(ConventionsTest, WhatIsSmallOrHotOrEncodedAlreadyIsNotCompressed) {
  const Request request{.accept_encoding = "gzip"};
  answer_.body = "small";
  EXPECT_THAT(Ask(request).headers, IsEmpty());
  answer_.body = std::string(5000, 'a');
  EXPECT_THAT(Ask(request, "/hot").headers, IsEmpty());
  answer_.headers = {{"Content-Encoding", "gzip"}};
  EXPECT_THAT(Ask(request).headers, ElementsAre(Pair("Content-Encoding", "gzip")));
  EXPECT_EQ(Ask(request).body, answer_.body);
}

TEST_F(ConventionsTest, ACompressedBodyHasNoStrongTag) {
  answer_.body = std::string(5000, 'a');
  answer_.headers = {{"ETag", "\"v1\""}};
  EXPECT_THAT(Ask({.accept_encoding = "gzip"}).headers, Contains(Pair("ETag", "W/\"v1\"")));
  EXPECT_THAT(Ask({}).headers, Contains(Pair("ETag", "\"v1\"")));
  answer_.headers = {{"ETag", "W/\"v1\""}};
  EXPECT_THAT(Ask({.accept_encoding = "gzip"}).headers, Contains(Pair("ETag", "W/\"v1\"")));
}

}  // namespace
}  // namespace readcount::gateway
