#include "gateway/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/clock.h"

namespace readcount::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

// Answers with its name and the parameter.
Handler Named(const std::string& name) {
  return [name](const Request&, const std::string& parameter, const Respond& respond) {
    respond({.body = name + "(" + parameter + ")"});
  };
}

Response Ask(Method method, const std::string& path, const std::string& accept = "") {
  const Router router({{.path = "/item/{id}", .get = Named("item")},
                       {.path = "/item/{id}/events", .get = Named("events"), .offers = "text/event-stream"},
                       {.path = "/page", .get = Named("page"), .offers = ""},
                       {.path = "/both", .get = Named("get"), .post = Named("post")},
                       {.path = "/post", .post = Named("only")}},
                      /*max_requests=*/1);
  std::vector<Response> responses;
  router.Dispatch({.method = method, .target = {.path = path}, .accept = accept},
                  [&](Response response) { responses.push_back(std::move(response)); });
  EXPECT_EQ(responses.size(), 1u);
  return responses.empty() ? Response() : responses.front();
}

TEST(RouterTest, GoesByPathAndMethod) {
  EXPECT_EQ(Ask(Method::kGet, "/both").body, "get()");
  EXPECT_EQ(Ask(Method::kPost, "/both").body, "post()");
  EXPECT_EQ(Ask(Method::kPost, "/post").body, "only()");
}

TEST(RouterTest, HeadGoesWhereGetGoes) {
  EXPECT_EQ(Ask(Method::kHead, "/both").body, "get()");
  EXPECT_EQ(Ask(Method::kHead, "/item/3").body, "item(3)");
}

TEST(RouterTest, TheParameterIsOneSegmentOfThePathAsSent) {
  EXPECT_EQ(Ask(Method::kGet, "/item/3").body, "item(3)");
  EXPECT_EQ(Ask(Method::kGet, "/item/").body, "item()");
  EXPECT_EQ(Ask(Method::kGet, "/item/%33").body, "item(%33)");
  EXPECT_EQ(Ask(Method::kGet, "/item/%2F").body, "item(%2F)");
  EXPECT_EQ(Ask(Method::kGet, "/item/events").body, "item(events)");
}

TEST(RouterTest, TheParameterMayStandInTheMiddle) {
  EXPECT_EQ(Ask(Method::kGet, "/item/3/events").body, "events(3)");
  EXPECT_EQ(Ask(Method::kGet, "/item//events").body, "events()");
}

TEST(RouterTest, AnUnknownPathIsNotFound) {
  for (const char* path :
       {"/", "/item", "/both/", "/both/x", "/bothx", "/BOTH", "//both", "/item/3/4", "/item/3/",
        "/item/3/eventsx", "/item/3/4/events", "/item/3/events/", "/item/{id}/x"}) {
    const Response response = Ask(Method::kGet, path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_THAT(response.headers, IsEmpty()) << path;
  }
}

TEST(RouterTest, AMethodThatThePathLacksIsToldWhichItTakes) {
  const Response post = Ask(Method::kPost, "/item/3");
  EXPECT_EQ(post.status, 405);
  EXPECT_THAT(post.headers, ElementsAre(Pair("Allow", "GET, HEAD, OPTIONS")));
  const Response other = Ask(Method::kOther, "/both");
  EXPECT_EQ(other.status, 405);
  EXPECT_THAT(other.headers, Contains(Pair("Allow", "GET, HEAD, POST, OPTIONS")));
  for (const Method method : {Method::kGet, Method::kHead}) {
    const Response response = Ask(method, "/post");
    EXPECT_EQ(response.status, 405);
    EXPECT_THAT(response.headers, Contains(Pair("Allow", "POST, OPTIONS")));
  }
}

TEST(RouterTest, OptionsTellsTheMethods) {
  const Response response = Ask(Method::kOptions, "/item/3");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.body, "");
  EXPECT_THAT(response.headers, ElementsAre(Pair("Allow", "GET, HEAD, OPTIONS")));
  EXPECT_EQ(Ask(Method::kOptions, "/nowhere").status, 404);
}

TEST(RouterTest, WhatARouteOffersMustBeAccepted) {
  EXPECT_EQ(Ask(Method::kGet, "/both", "application/json").body, "get()");
  EXPECT_EQ(Ask(Method::kPost, "/both", "text/html, */*;q=0.1").body, "post()");
  EXPECT_EQ(Ask(Method::kGet, "/item/3/events", "text/event-stream").body, "events(3)");
  for (const Method method : {Method::kGet, Method::kHead, Method::kPost}) {
    const Response refused = Ask(method, "/both", "text/html");
    EXPECT_EQ(refused.status, 406);
    EXPECT_THAT(refused.body, HasSubstr("application/json"));
  }
  EXPECT_EQ(Ask(Method::kGet, "/item/3/events", "application/json").status, 406);
  EXPECT_EQ(Ask(Method::kOther, "/both", "text/html").status, 405);
}

TEST(RouterTest, ARouteThatOffersNothingByNameAcceptsAll) {
  for (const char* accept : {"", "text/html", "image/png", "*/*;q=0"}) {
    EXPECT_EQ(Ask(Method::kGet, "/page", accept).body, "page()") << accept;
  }
}

TEST(RouterTest, BodiesMayBeCompressedUnlessTheRouteSaysNo) {
  const Router router(
      {{.path = "/list", .get = Named("list")}, {.path = "/hot", .get = Named("hot"), .compressible = false}},
      /*max_requests=*/1);
  for (const auto& [path, compressible] : {std::pair("/list", true), std::pair("/hot", false)}) {
    router.Dispatch({.method = Method::kGet, .target = {.path = path}},
                    [&, expected = compressible](const Response& r) { EXPECT_EQ(r.compressible, expected); });
  }
}

TEST(RouterTest, CountsResponsesByRouteAndWhatItRefused) {
  std::vector<Respond> held;
  const Router router({{.path = "/hold",
                        .get = [&held](const Request&, const std::string&,
                                       Respond respond) { held.push_back(std::move(respond)); }},
                       {.path = "/free", .get = Named("free"), .unlimited = true}},
                      /*max_requests=*/1);
  const auto ask = [&](const char* path, Method method = Method::kGet) {
    router.Dispatch({.method = method, .target = {.path = path}}, [](const Response&) {});
  };
  constexpr size_t kHold = 0, kFree = 1, kNone = 2, kGood = 1, kBad = 3, kFailed = 4;
  const RequestTally& tally = router.tally();
  ask("/hold");
  EXPECT_EQ(tally.under_way(), 1);
  EXPECT_EQ(tally.answered(kHold, kGood), 0u) << "is not answered yet";
  ask("/hold");
  EXPECT_EQ(tally.refused(), 1u);
  EXPECT_EQ(tally.answered(kHold, kFailed), 1u);
  held[0](Response());
  EXPECT_EQ(tally.under_way(), 0);
  EXPECT_EQ(tally.answered(kHold, kGood), 1u);
  ask("/hold", Method::kPost);
  EXPECT_EQ(tally.answered(kHold, kBad), 1u);
  ask("/free");
  EXPECT_EQ(tally.answered(kFree, kGood), 1u);
  ask("/nowhere");
  router.CountUnrouted(400);
  EXPECT_EQ(tally.answered(kNone, kBad), 2u);
}

TEST(RouterTest, MoreRequestsThanMayBeUnderWayAreToldToComeAgainButNotTheUnlimited) {
  std::vector<Respond> held;
  const Handler hold = [&held](const Request&, const std::string&, Respond respond) {
    held.push_back(std::move(respond));
  };
  const Router router(
      {{.path = "/hold", .get = hold}, {.path = "/free", .get = Named("free"), .unlimited = true}},
      /*max_requests=*/2);
  std::vector<Response> responses;
  const auto ask = [&](const char* path) {
    router.Dispatch({.method = Method::kGet, .target = {.path = path}},
                    [&](Response response) { responses.push_back(std::move(response)); });
  };
  ask("/hold");
  ask("/hold");
  EXPECT_THAT(responses, IsEmpty());
  ask("/hold");
  ASSERT_THAT(responses, SizeIs(1));
  EXPECT_EQ(responses[0].status, 503);
  EXPECT_THAT(responses[0].headers, Contains(Pair("Retry-After", "1")));
  EXPECT_THAT(responses[0].body, HasSubstr("nothing was counted"));
  ask("/free");
  EXPECT_EQ(responses.back().body, "free()");
  held[0](Response());
  ask("/hold");
  EXPECT_THAT(held, SizeIs(3));
}

TEST(RouterTest, AClientBeyondItsLimitsIsToldToComeAgainButNotByProbesOrTheUnlimited) {
  FakeClock clock;
  const auto limits =
      std::make_shared<ClientLimits>(ClientLimits::Settings{.rate = 1, .burst = 2, .in_flight = 1}, clock);
  std::vector<Respond> held;
  const Router router({{.path = "/hold",
                        .get = [&held](const Request&, const std::string&,
                                       Respond respond) { held.push_back(std::move(respond)); }},
                       {.path = "/free", .get = Named("free"), .unlimited = true},
                       {.path = "/probe", .get = Named("probe"), .probe = true}},
                      /*max_requests=*/10, limits);
  std::vector<Response> responses;
  const auto ask = [&](const char* path, const char* client) {
    router.Dispatch({.method = Method::kGet, .target = {.path = path}, .client = client},
                    [&](Response response) { responses.push_back(std::move(response)); });
  };
  const auto expect_refused = [&](const char* key) {
    ASSERT_FALSE(responses.empty());
    EXPECT_EQ(responses.back().status, 429);
    EXPECT_THAT(responses.back().headers, Contains(Pair("Retry-After", "1")));
    EXPECT_THAT(responses.back().body, HasSubstr(key));
    responses.clear();
  };
  ask("/hold", "192.0.2.1");
  EXPECT_THAT(responses, IsEmpty());
  ask("/hold", "192.0.2.1");
  expect_refused("gateway.max_requests_per_client");
  ask("/hold", "192.0.2.2");
  EXPECT_THAT(held, SizeIs(2));
  held[0](Response());
  ask("/nowhere", "192.0.2.1");
  EXPECT_EQ(responses.back().status, 404) << "takes the second of the burst, and is over";
  ask("/hold", "192.0.2.1");
  expect_refused("gateway.request_rate_per_client");
  ask("/free", "192.0.2.1");
  EXPECT_EQ(responses.back().body, "free()");
  ask("/probe", "192.0.2.1");
  EXPECT_EQ(responses.back().body, "probe()");
  EXPECT_EQ(router.tally().answered(0, /*4xx*/ 3), 2u);
}

}  // namespace
}  // namespace readcount::gateway
