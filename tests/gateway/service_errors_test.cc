#include "gateway/service_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace readcount::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kSecret[] = "MySQL at 10.9.8.7:3306";

TEST(ServiceErrorsTest, WhatIsWrongWithARequestIsSaidAsItIs) {
  ServiceErrors errors("the service", SystemClock());
  for (const absl::Status& status : {absl::OkStatus(), absl::NotFoundError("no article 7"),
                                     absl::InvalidArgumentError("page_size: too large"),
                                     absl::ResourceExhaustedError("65536 items are queued")}) {
    EXPECT_EQ(errors.ForClient(status), status);
    EXPECT_EQ(errors.ForViewer(status), status);
  }
}

TEST(ServiceErrorsTest, WhatIsWrongWithTheServiceKeepsItsCodeButNotItsText) {
  ServiceErrors errors("the service", SystemClock());
  for (const absl::StatusCode code :
       {absl::StatusCode::kUnavailable, absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kInternal,
        absl::StatusCode::kUnknown, absl::StatusCode::kPermissionDenied,
        absl::StatusCode::kFailedPrecondition, absl::StatusCode::kAborted}) {
    for (const absl::Status& shown : {errors.ForClient({code, kSecret}), errors.ForViewer({code, kSecret})}) {
      EXPECT_EQ(shown.code(), code);
      EXPECT_THAT(std::string(shown.message()), HasSubstr("the service"));
      EXPECT_THAT(std::string(shown.message()), Not(HasSubstr("10.9.8.7")));
    }
  }
}

TEST(ServiceErrorsTest, AViewerIsToldWhetherTheViewMayHaveBeenCounted) {
  ServiceErrors errors("the service", SystemClock());
  EXPECT_THAT(
      std::string(errors.ForViewer(absl::UnavailableError("nothing was counted: Redis is away")).message()),
      StartsWith("nothing was counted: "));
  EXPECT_THAT(std::string(errors.ForViewer(absl::UnavailableError("Redis is away")).message()),
              StartsWith("the view may have been counted: "));
}

}  // namespace
}  // namespace readcount::gateway
