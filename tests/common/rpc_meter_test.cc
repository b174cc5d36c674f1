#include "services/common/rpc/rpc_meter.h"

#include <gtest/gtest.h>

#include "readcount/v1/article_service.pb.h"
#include "services/common/metrics/exposition.h"
#include "tests/support/metrics.h"

namespace readcount {
namespace {

using testing::Scrape;

class RpcMeterTest : public ::testing::TestWithParam<RpcMeter::Side> {
 protected:
  double Value(const std::string& metric, const std::string& method, const std::string& type,
               const std::string& more = "") const {
    const MetricSource* const sources[] = {&meter_};
    const std::string side = GetParam() == RpcMeter::Side::kServer ? "server" : "client";
    return testing::ParseMetrics(RenderMetrics(sources))
        .Value("grpc_" + side + "_" + metric + "{grpc_type=\"" + type +
               "\",grpc_service=\"readcount.v1.ArticleService\",grpc_method=\"" + method + "\"" + more + "}");
  }

  RpcMeter meter_ = RpcMeter::Of<v1::ViewArticleRequest>(GetParam(), "ArticleService");
};

TEST_P(RpcMeterTest, CountsCallsByMethodAndStatusAndTheirTime) {
  const MeteredCall under_way(meter_.Method("GetArticle"));
  const MeteredCall done(meter_.Method("GetArticle"));
  done.End(absl::StatusCode::kOk);
  MeteredCall(meter_.Method("GetArticle")).End(absl::StatusCode::kCancelled);
  MeteredCall(meter_.Method("GetArticle")).End(static_cast<absl::StatusCode>(99));
  EXPECT_EQ(Value("started_total", "GetArticle", "unary"), 4);
  EXPECT_EQ(Value("handled_total", "GetArticle", "unary", ",grpc_code=\"OK\""), 1);
  EXPECT_EQ(Value("handled_total", "GetArticle", "unary", ",grpc_code=\"Canceled\""), 1);
  EXPECT_EQ(Value("handled_total", "GetArticle", "unary", ",grpc_code=\"Unknown\""), 1);
  EXPECT_EQ(Value("handled_total", "GetArticle", "unary", ",grpc_code=\"Unauthenticated\""), 0);
  EXPECT_EQ(Value("handling_seconds_count", "GetArticle", "unary"), 3);
  EXPECT_EQ(Value("started_total", "ViewArticle", "unary"), 0) << "each method is there from the beginning";
}

TEST_P(RpcMeterTest, CountsTheMessagesOfStreamsAndKnowsThoseOfUnaryCalls) {
  const bool server = GetParam() == RpcMeter::Side::kServer;
  const MeteredCall stream(meter_.Method("ViewArticles"));
  for (int i = 0; i < 3; ++i) stream.MessageReceived();
  stream.MessageSent();
  EXPECT_EQ(Value("msg_received_total", "ViewArticles", "bidi_stream"), 3);
  EXPECT_EQ(Value("msg_sent_total", "ViewArticles", "bidi_stream"), 1);

  MeteredCall(meter_.Method("GetArticle")).End(absl::StatusCode::kOk);
  MeteredCall(meter_.Method("GetArticle")).End(absl::StatusCode::kNotFound);
  EXPECT_EQ(Value("msg_received_total", "GetArticle", "unary"), server ? 2 : 1);
  EXPECT_EQ(Value("msg_sent_total", "GetArticle", "unary"), server ? 1 : 2);

  const MeteredCall watch(meter_.Method("WatchArticle"));
  server ? watch.MessageSent() : watch.MessageReceived();
  EXPECT_EQ(Value("msg_received_total", "WatchArticle", "server_stream"), 1);
  EXPECT_EQ(Value("msg_sent_total", "WatchArticle", "server_stream"), 1);
}

INSTANTIATE_TEST_SUITE_P(Sides, RpcMeterTest,
                         ::testing::Values(RpcMeter::Side::kServer, RpcMeter::Side::kClient),
                         [](const auto& side) {
                           return side.param == RpcMeter::Side::kServer ? "Server" : "Client";
                         });

}  // namespace
}  // namespace readcount
