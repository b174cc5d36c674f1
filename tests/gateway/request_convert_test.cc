#include "gateway/request_convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace readcount::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

namespace http = boost::beast::http;

using Fields = std::vector<std::pair<std::string, std::string>>;

Request Convert(const Fields& fields, http::verb method = http::verb::get) {
  BeastRequest message;
  message.method(method);
  message.target("/p?a=b");
  for (const auto& [name, value] : fields) message.insert(name, value);
  absl::StatusOr<Request> request = ToRequest(message);
  EXPECT_TRUE(request.ok()) << request.status();
  return request.ok() ? *std::move(request) : Request();
}

TEST(RequestConvertTest, WhatIsAbsentIsEmpty) {
  const Request request = Convert({{"Host", "h"}, {"User-Agent", "u"}, {"X-Other", "o"}});
  EXPECT_EQ(request.target.path, "/p");
  EXPECT_EQ(request.authorization + request.accept + request.accept_encoding + request.if_none_match +
                request.origin + request.grpc_timeout + request.client,
            "");
  EXPECT_FALSE(request.prefetch);
  EXPECT_FALSE(request.asks_for_method);
  EXPECT_TRUE(request.request_id.none());
  EXPECT_TRUE(request.traceparent.none());
  EXPECT_EQ(request.timeout, absl::InfiniteDuration());
  EXPECT_THAT(request.metadata, IsEmpty());
}

TEST(RequestConvertTest, EveryHeaderComesToItsPlaceWhateverItsCase) {
  const Request request = Convert({{"AUTHORIZATION", "Bearer t"},
                                   {"accept", "a/b"},
                                   {"Accept-encoding", "gzip"},
                                   {"if-none-match", "\"e\""},
                                   {"ORIGIN", "https://a.example"},
                                   {"Access-Control-Request-Method", "POST"},
                                   {"x-REQUEST-id", "r1"},
                                   {"TraceParent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
                                   {"grpc-timeout", "5S"},
                                   {"sec-purpose", "prefetch"}});
  EXPECT_EQ(request.authorization, "Bearer t");
  EXPECT_EQ(request.accept, "a/b");
  EXPECT_EQ(request.accept_encoding, "gzip");
  EXPECT_EQ(request.if_none_match, "\"e\"");
  EXPECT_EQ(request.origin, "https://a.example");
  EXPECT_TRUE(request.asks_for_method);
  EXPECT_EQ(request.request_id.text(), "r1");
  EXPECT_EQ(request.traceparent.text(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_EQ(request.grpc_timeout, "5S");
  EXPECT_TRUE(request.prefetch);
}

TEST(RequestConvertTest, EveryMethodThatARouteMayTakeIsTold) {
  for (const auto& [verb, method] :
       {std::pair(http::verb::get, Method::kGet), std::pair(http::verb::head, Method::kHead),
        std::pair(http::verb::post, Method::kPost), std::pair(http::verb::options, Method::kOptions),
        std::pair(http::verb::put, Method::kOther), std::pair(http::verb::trace, Method::kOther)}) {
    EXPECT_EQ(Convert({}, verb).method, method) << verb;
  }
}

TEST(RequestConvertTest, LinesOfAListAreJoined) {
  const Request request = Convert({{"Accept", "a/b"},
                                   {"Accept-Encoding", "br"},
                                   {"Accept", "c/d;q=0.5"},
                                   {"Accept-Encoding", "gzip"},
                                   {"If-None-Match", "\"1\""},
                                   {"If-None-Match", "\"2\""}});
  EXPECT_EQ(request.accept, "a/b, c/d;q=0.5");
  EXPECT_EQ(request.accept_encoding, "br, gzip");
  EXPECT_EQ(request.if_none_match, "\"1\", \"2\"");
}

TEST(RequestConvertTest, OfSeveralIdsOrTracesNoneCounts) {
  const char* trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  for (int lines = 2; lines <= 3; ++lines) {
    Fields fields;
    for (int i = 0; i < lines; ++i) {
      fields.emplace_back("X-Request-Id", "r1");
      fields.emplace_back("traceparent", trace);
    }
    EXPECT_TRUE(Convert(fields).request_id.none());
    EXPECT_TRUE(Convert(fields).traceparent.none());
  }
}

TEST(RequestConvertTest, UnsoundIdsAndTracesAreAbsent) {
  const Request request = Convert({{"X-Request-Id", "a b"}, {"traceparent", "00-x"}});
  EXPECT_TRUE(request.request_id.none());
  EXPECT_TRUE(request.traceparent.none());
}

TEST(RequestConvertTest, WhatProxiesSayOfTheClientIsOneList) {
  EXPECT_EQ(Convert({{"X-Forwarded-For", "192.0.2.1"}, {"x-forwarded-for", "10.0.0.1"}}).forwarded_for,
            "192.0.2.1, 10.0.0.1");
}

TEST(RequestConvertTest, MetadataLosesItsPrefixAndItsCase) {
  const Request request = Convert(
      {{"Grpc-Metadata-Tenant", "Blue"}, {"GRPC-METADATA-Tenant", ""}, {"grpc-metadata-a.b_c-1", "x y"}});
  EXPECT_THAT(request.metadata,
              ElementsAre(Pair("tenant", "Blue"), Pair("tenant", ""), Pair("a.b_c-1", "x y")));
}

TEST(RequestConvertTest, MetadataThatGrpcWouldNotTakeIsPassedOver) {
  const Request request = Convert({{"Grpc-Metadata-", "v"},
                                   {"Grpc-Metadata-Key-Bin", "v"},
                                   {"Grpc-Metadata-grpc-timeout", "v"},
                                   {"Grpc-Metadata-GRPC-Status", "v"},
                                   {"Grpc-Metadata-a!b", "v"},
                                   {"Grpc-Metadata-umlaut", "\xC3\xA4"},
                                   {"Grpc-Metadata-tab", "a\tb"},
                                   {"Grpc-Metadata-te", "trailers"},
                                   {"Grpc-Metadata-Authorization", "Bearer x"},
                                   {"Grpc-Metadata-Content-Type", "v"},
                                   {"Grpc-Metadata-User-Agent", "v"},
                                   {"Grpc-Metadata-Traceparent", "v"},
                                   {"Grpc-Metadata-X-Request-Id", "v"},
                                   {"Grpc-Metadat-a", "v"},
                                   {"Grpc-Metadata-kept", "v"}});
  EXPECT_THAT(request.metadata, ElementsAre(Pair("kept", "v")));
}

TEST(RequestConvertTest, MetadataBeyondItsBoundsIsPassedOver) {
  Fields many;
  for (size_t i = 0; i <= kMaxMetadata; ++i) many.emplace_back(absl::StrCat("Grpc-Metadata-", i), "v");
  EXPECT_THAT(Convert(many).metadata, SizeIs(kMaxMetadata));
  const Request large = Convert({{"Grpc-Metadata-a", std::string(kMaxMetadataBytes - 10, 'v')},
                                 {"Grpc-Metadata-b", std::string(10, 'v')},
                                 {"Grpc-Metadata-c", std::string(8, 'v')}});
  EXPECT_THAT(large.metadata, ElementsAre(Pair("a", SizeIs(kMaxMetadataBytes - 10)), Pair("c", SizeIs(8))));
}

}  // namespace
}  // namespace readcount::gateway
