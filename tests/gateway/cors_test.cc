#include "gateway/cors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readcount::gateway {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

CorsPolicy Policy(absl::string_view origins) {
  absl::StatusOr<CorsPolicy> policy = CorsPolicy::Parse(origins);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return policy.ok() ? *std::move(policy) : CorsPolicy();
}

Response Decorated(const CorsPolicy& policy, absl::string_view origin) {
  Response response;
  policy.Decorate(origin, response);
  return response;
}

const auto kExposed = Pair("Access-Control-Expose-Headers", "X-Request-Id, traceparent, Retry-After");

TEST(CorsTest, ItIsOffUnlessAnOriginIsNamed) {
  for (const char* origins : {"", "  "}) {
    EXPECT_FALSE(Policy(origins).on());
    EXPECT_THAT(Decorated(Policy(origins), "https://a.example").headers, IsEmpty());
  }
  EXPECT_FALSE(CorsPolicy().on());
}

TEST(CorsTest, NamedOriginsMayReadAndOthersMayNot) {
  const CorsPolicy policy = Policy("https://a.example, http://localhost:3000,http://[::1]:8080");
  for (const char* origin : {"https://a.example", "http://localhost:3000", "http://[::1]:8080"}) {
    EXPECT_THAT(
        Decorated(policy, origin).headers,
        UnorderedElementsAre(Pair("Vary", "Origin"), Pair("Access-Control-Allow-Origin", origin), kExposed));
  }
  for (const char* origin : {"", "null", "*", "http://a.example", "https://a.example:8443",
                             "https://a.example.evil.example", "https://b.a.example", "https://A.example"}) {
    EXPECT_THAT(Decorated(policy, origin).headers, UnorderedElementsAre(Pair("Vary", "Origin"))) << origin;
  }
}

TEST(CorsTest, AStarLetsEveryOriginReadAlikeForEveryCache) {
  const CorsPolicy policy = Policy(" * ");
  EXPECT_THAT(Decorated(policy, "https://a.example").headers,
              UnorderedElementsAre(Pair("Access-Control-Allow-Origin", "*"), kExposed));
  EXPECT_THAT(Decorated(policy, "").headers, IsEmpty());
}

TEST(CorsTest, AVaryThatIsThereStays) {
  Response response{.headers = {{"Vary", "Accept-Encoding"}}};
  Policy("https://a.example").Decorate("", response);
  EXPECT_THAT(response.headers, UnorderedElementsAre(Pair("Vary", "Accept-Encoding, Origin")));
}

TEST(CorsTest, APreflightIsAnOptionsThatNamesOriginAndMethod) {
  const Request preflight{.method = Method::kOptions, .origin = "https://a.example", .asks_for_method = true};
  const CorsPolicy policy = Policy("https://b.example");
  EXPECT_TRUE(policy.IsPreflight(preflight));
  EXPECT_FALSE(CorsPolicy().IsPreflight(preflight));
  Request other = preflight;
  other.method = Method::kPost;
  EXPECT_FALSE(policy.IsPreflight(other));
  other = preflight;
  other.origin = "";
  EXPECT_FALSE(policy.IsPreflight(other));
  other = preflight;
  other.asks_for_method = false;
  EXPECT_FALSE(policy.IsPreflight(other));
}

TEST(CorsTest, APreflightIsToldWhatMayBeSentAndHowLongThatHolds) {
  const Response response = CorsPolicy::Preflight();
  EXPECT_EQ(response.status, 204);
  EXPECT_THAT(
      response.headers,
      UnorderedElementsAre(Pair("Access-Control-Allow-Methods", "GET, HEAD, POST"),
                           Pair("Access-Control-Allow-Headers",
                                "Authorization, Content-Type, X-Request-Id, traceparent, Grpc-Timeout"),
                           Pair("Access-Control-Max-Age", "7200")));
  EXPECT_THAT(response.headers, Not(Contains(Key("Access-Control-Allow-Credentials"))));
}

TEST(CorsTest, ABadSettingIsRefusedWithWhatIsWrong) {
  struct Row {
    const char* origins;
    const char* fault;
  };
  for (const Row& row : {Row{"a.example", "begin it with https://"},
                         {"null", "begin it with https://"},
                         {"ftp://a.example", "the scheme must be"},
                         {"HTTPS://a.example", "the scheme must be"},
                         {"https://a.example/", "leave away the /"},
                         {"https://a.example/page", "leave away the /"},
                         {"https://A.example", "in lower case"},
                         {"https://", "the host must be"},
                         {"https://*.example", "the host must be"},
                         {"https://u@a.example", "the host must be"},
                         {"https://a.example b.example", "the host must be"},
                         {"https://[::1", "lacks its ]"},
                         {"https://a.example:", "the port"},
                         {"https://a.example:x", "the port"},
                         {"https://a.example:443", "the scheme's own"},
                         {"http://a.example:80", "the scheme's own"},
                         {"https://a.example,,https://b.example", "nothing between two commas"},
                         {"https://a.example,", "nothing between two commas"},
                         {"*, https://a.example", "must stand alone"},
                         {"https://a.example, *", "must stand alone"}}) {
    const absl::Status status = CorsPolicy::Parse(row.origins).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << row.origins;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.fault)) << row.origins;
  }
  EXPECT_THAT(std::string(CorsPolicy::Parse("https://a.example, nonsense").status().message()),
              HasSubstr("`nonsense`"));
}

}  // namespace
}  // namespace readcount::gateway
