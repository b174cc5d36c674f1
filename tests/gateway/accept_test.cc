#include "gateway/accept.h"

#include <gtest/gtest.h>

#include <string>

namespace readcount::gateway {
namespace {

constexpr absl::string_view kJson = "application/json";

TEST(AcceptTest, WhoSaysNothingAcceptsEverything) {
  for (const char* accept : {"", " ", ",", " , ,", ";q=0", "text/html;q=2"}) {
    EXPECT_EQ(MediaQuality(accept, kJson), 1000) << accept;
  }
}

TEST(AcceptTest, ATypeIsTakenByNameAndByWildcards) {
  for (const char* accept : {"application/json", "APPLICATION/Json", "application/*", "*/*", "*",
                             "text/html, application/json", "text/html,*/*;q=1.000",
                             "application/json;charset=utf-8", "application/json ; charset=utf-8 ; q=1"}) {
    EXPECT_EQ(MediaQuality(accept, kJson), 1000) << accept;
  }
  for (const char* accept : {"text/html", "text/*", "application/jsonx", "application/jso", "app/*",
                             "application/problem+json", "application/json/*", "json"}) {
    EXPECT_EQ(MediaQuality(accept, kJson), 0) << accept;
  }
}

TEST(AcceptTest, AQualityHasUpToThreeDigits) {
  const auto quality = [](const std::string& q) { return MediaQuality("a/b, */*;q=" + q, kJson); };
  EXPECT_EQ(quality("1"), 1000);
  EXPECT_EQ(quality("1."), 1000);
  EXPECT_EQ(quality("1.0"), 1000);
  EXPECT_EQ(quality("0.5"), 500);
  EXPECT_EQ(quality("0.123"), 123);
  EXPECT_EQ(quality("0.001"), 1);
  EXPECT_EQ(quality("0"), 0);
  EXPECT_EQ(quality("0.000"), 0);
  EXPECT_EQ(quality(".2"), 200) << "as Java writes it";
}

TEST(AcceptTest, AMemberWhoseQualityIsNoneIsPassedOver) {
  for (const char* q : {"", ".", "1.1", "1.001", "2", "-1", "0.1234", "x", "0.x", "00", "0.5.5", "\"1\""}) {
    EXPECT_EQ(MediaQuality(std::string("text/html, application/json;q=") + q, kJson), 0) << q;
  }
}

TEST(AcceptTest, TheMostSpecificRangeDecidesWhereverItStands) {
  EXPECT_EQ(MediaQuality("application/json;q=0.1, application/*;q=0.5, */*", kJson), 100);
  EXPECT_EQ(MediaQuality("*/*, application/*;q=0.5, application/json;q=0.1", kJson), 100);
  EXPECT_EQ(MediaQuality("*/*, application/*;q=0.5", kJson), 500);
  EXPECT_EQ(MediaQuality("*/*, application/json;q=0", kJson), 0);
  EXPECT_EQ(MediaQuality("application/*;q=0, */*", kJson), 0);
  EXPECT_EQ(MediaQuality("application/json;q=0.2, application/json;v=1;q=0.7", kJson), 700);
}

TEST(AcceptTest, QuotedStringsHideSeparators) {
  EXPECT_EQ(MediaQuality(R"(text/html;a="x,application/json;q=1")", kJson), 0);
  EXPECT_EQ(MediaQuality(R"(application/json;a=";q=0";q=0.5)", kJson), 500);
  EXPECT_EQ(MediaQuality(R"(application/json;a="\";q=0";q=0.5)", kJson), 500);
  EXPECT_EQ(MediaQuality(R"(application/json;a="\)", kJson), 1000);
  EXPECT_EQ(MediaQuality(R"(application/json;a=")", kJson), 1000);
}

TEST(AcceptTest, TheBestOfferIsWhatTheClientWantsMost) {
  const absl::string_view offered[] = {"text/html", "application/json"};
  EXPECT_EQ(BestMediaType("", offered), "text/html");
  EXPECT_EQ(BestMediaType("*/*", offered), "text/html");
  EXPECT_EQ(BestMediaType("text/html;q=0.5, application/json;q=0.6", offered), "application/json");
  EXPECT_EQ(BestMediaType("text/*;q=0.5, */*;q=0.4", offered), "text/html");
  EXPECT_EQ(BestMediaType("text/html;q=0, */*;q=0.1", offered), "application/json");
  EXPECT_EQ(BestMediaType("image/png", offered), "");
  EXPECT_EQ(BestMediaType("*/*;q=0", offered), "");
  EXPECT_EQ(BestMediaType("", {}), "");
}

TEST(AcceptTest, JavasClientIsServed) {
  EXPECT_GT(MediaQuality("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", kJson), 0);
}

TEST(AcceptTest, ProblemsAreForThoseWhoNameThemAndWantThemNoLess) {
  for (const char* accept :
       {"application/problem+json", "application/problem+json, application/json",
        "application/json, application/problem+json", "application/json;q=0.5,application/problem+json;q=0.5",
        "Application/Problem+JSON, */*;q=0.1", "application/problem+json;q=0.1",
        "text/event-stream, application/problem+json"}) {
    EXPECT_TRUE(PrefersProblem(accept)) << accept;
  }
  for (const char* accept :
       {"", "*/*", "application/*", "application/json", "application/json, application/problem+json;q=0.9",
        "application/problem+json;q=0", "application/problem+json;q=0.5, */*", "application/problem+xml"}) {
    EXPECT_FALSE(PrefersProblem(accept)) << accept;
  }
}

TEST(AcceptTest, GzipIsForThoseWhoAllowIt) {
  for (const char* accept : {"gzip", "GZIP", "x-gzip", "*", "gzip, deflate, br", "deflate, gzip;q=0.5",
                             "*;q=0.1", "br;q=1, *;q=0.5", "gzip;q=0.001", "identity;q=0.5, gzip",
                             "gzip, *;q=0", "gzip;q=0.5, identity;q=0.5"}) {
    EXPECT_TRUE(AcceptsGzip(accept)) << accept;
  }
  for (const char* accept : {"", "identity", "deflate, br", "gzip;q=0", "gzip;q=0.000", "*;q=0",
                             "gzip;q=0, *", "*, gzip;q=0", "gzipped", "gzip;q=x", "identity, gzip;q=0.5"}) {
    EXPECT_FALSE(AcceptsGzip(accept)) << accept;
  }
}

}  // namespace
}  // namespace readcount::gateway
