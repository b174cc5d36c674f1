#include "gateway/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/errors.h"
#include "gateway/reason_phrase.h"

namespace readcount::gateway {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(ProblemTest, AnErrorIsToldAsAProblem) {
  Response response = ErrorResponse(absl::NotFoundError("there is no article \"7\""));
  RenderProblem(response, "r-1");
  EXPECT_STREQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, R"({"type":"about:blank","title":"Not Found","status":404,)"
                           R"("detail":"there is no article \"7\"","code":5,"request_id":"r-1"})");
}

TEST(ProblemTest, TheStatusThatWasGivenAndTheHeadersStay) {
  Response response = OverloadResponse("too much");
  RenderProblem(response, "r-1");
  EXPECT_THAT(response.body, HasSubstr(R"("title":"Service Unavailable","status":503,)"));
  EXPECT_THAT(response.body, HasSubstr(R"("code":8,)"));
  EXPECT_THAT(response.headers, Contains(Pair("Retry-After", "1")));
}

TEST(ProblemTest, EveryStatusOfAnErrorHasATitle) {
  for (int code = 1; code <= 16; ++code) {
    EXPECT_NE(ReasonPhrase(HttpStatusOf(static_cast<absl::StatusCode>(code))), "") << code;
  }
  for (const int status : {200, 204, 304, 405, 406, 408, 413, 431})
    EXPECT_NE(ReasonPhrase(status), "") << status;
  EXPECT_EQ(ReasonPhrase(799), "");
}

}  // namespace
}  // namespace readcount::gateway
