#include "gateway/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readcount::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

struct Row {
  absl::StatusCode code;
  int http_status;
};

constexpr Row kTable[] = {
    {absl::StatusCode::kOk, 200},
    {absl::StatusCode::kCancelled, 499},
    {absl::StatusCode::kUnknown, 500},
    {absl::StatusCode::kInvalidArgument, 400},
    {absl::StatusCode::kDeadlineExceeded, 504},
    {absl::StatusCode::kNotFound, 404},
    {absl::StatusCode::kAlreadyExists, 409},
    {absl::StatusCode::kPermissionDenied, 403},
    {absl::StatusCode::kResourceExhausted, 429},
    {absl::StatusCode::kFailedPrecondition, 400},
    {absl::StatusCode::kAborted, 409},
    {absl::StatusCode::kOutOfRange, 400},
    {absl::StatusCode::kUnimplemented, 501},
    {absl::StatusCode::kInternal, 500},
    {absl::StatusCode::kUnavailable, 503},
    {absl::StatusCode::kDataLoss, 500},
    {absl::StatusCode::kUnauthenticated, 401},
};

TEST(ErrorsTest, EveryCodeHasItsHttpStatus) {
  for (const Row& row : kTable) {
    EXPECT_EQ(HttpStatusOf(row.code), row.http_status) << absl::StatusCodeToString(row.code);
  }
}

TEST(ErrorsTest, ACodeThatIsNoneIsAnInternalError) {
  EXPECT_EQ(HttpStatusOf(static_cast<absl::StatusCode>(17)), 500);
  EXPECT_EQ(HttpStatusOf(static_cast<absl::StatusCode>(-1)), 500);
}

TEST(ErrorsTest, TheBodyCarriesCodeAndMessage) {
  const Response response = ErrorResponse(absl::NotFoundError("no \"such\" article"));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, R"({"code":5,"message":"no \"such\" article","data":null})");
  EXPECT_STREQ(response.content_type, "application/json; charset=utf-8");
  EXPECT_EQ(response.error, absl::NotFoundError("no \"such\" article"));
}

TEST(ErrorsTest, RetryAfterStandsOnlyWhereTryingAgainHelpsAndTheSchemeWhereItIsMissed) {
  for (const Row& row : kTable) {
    if (row.code == absl::StatusCode::kOk) continue;
    const Response response = ErrorResponse(absl::Status(row.code, "x"));
    EXPECT_EQ(response.status, row.http_status);
    if (row.http_status == 429 || row.http_status == 503) {
      EXPECT_THAT(response.headers, Contains(Pair("Retry-After", "1"))) << row.http_status;
    } else if (row.http_status == 401) {
      EXPECT_THAT(response.headers, ElementsAre(Pair("WWW-Authenticate", "Bearer")));
    } else {
      EXPECT_THAT(response.headers, IsEmpty()) << row.http_status;
    }
  }
}

TEST(ErrorsTest, AnHttpStatusWithoutAGrpcCodeCanBeGiven) {
  const Response response = ErrorResponse(413, absl::StatusCode::kInvalidArgument, "too long");
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, R"({"code":3,"message":"too long","data":null})");
  EXPECT_EQ(response.error, absl::InvalidArgumentError("too long"));
  EXPECT_THAT(response.headers, IsEmpty());
}

}  // namespace
}  // namespace readcount::gateway
