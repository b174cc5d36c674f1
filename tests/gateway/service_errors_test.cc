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
  for (const absl::StatusCode code : {absl::StatusCode::kUnavailable, absl::StatusCode::kDeadlineExceeded,
                                      absl::StatusCode::kInternal, absl::StatusCode::kPermissionDenied,
                                      absl::StatusCode::kFailedPrecondition, absl::StatusCode::kAborted}) {
    EXPECT_EQ(errors.ForClient({code, kSecret}).code(), code);
    for (const absl::Status& shown : {errors.ForClient({code, kSecret}), errors.ForViewer({code, kSecret})}) {
      EXPECT_THAT(std::string(shown.message()), HasSubstr("the service"));
      EXPECT_THAT(std::string(shown.message()), Not(HasSubstr("10.9.8.7")));
    }
  }
}

TEST(ServiceErrorsTest, AConnectionThatBrokeAndAServiceThatStopsAreTheServiceBeingAway) {
  ServiceErrors errors("the service", SystemClock());
  for (const absl::Status& status :
       {absl::UnknownError("Stream removed"), absl::CancelledError("CANCELLED")}) {
    EXPECT_EQ(errors.ForClient(status),
              absl::UnavailableError("the service is not available: try again later"));
  }
}

TEST(ServiceErrorsTest, ThatTheGatewayIsNotLetInIsNotTheClientsFault) {
  ServiceErrors errors("the service", SystemClock());
  const absl::Status shown = errors.ForClient(absl::UnauthenticatedError("send a token of auth.tokens"));
  EXPECT_EQ(shown.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(shown.message()), HasSubstr("does not take the gateway's credentials"));
}

TEST(ServiceErrorsTest, TheLogTellsWhatACertificateMayLack) {
  for (const char* text :
       {"Ssl handshake failed: certificate verify failed", "Hostname Verification Check failed."}) {
    ServiceErrors errors("the service", SystemClock());
    ::testing::internal::CaptureStderr();
    static_cast<void>(errors.ForClient(absl::UnavailableError(text)));
    EXPECT_THAT(::testing::internal::GetCapturedStderr(),
                HasSubstr("the certificate of the service has expired"));
  }
}

TEST(ServiceErrorsTest, AViewerIsToldWhetherTheViewMayHaveBeenCounted) {
  ServiceErrors errors("the service", SystemClock());
  for (const absl::Status& refused :
       {absl::UnavailableError(kSecret), absl::DeadlineExceededError(kSecret)}) {
    EXPECT_EQ(errors.ForViewer(refused).code(), refused.code());
    EXPECT_THAT(std::string(errors.ForViewer(refused).message()), StartsWith("nothing was counted: "));
  }
  const absl::Status lost = errors.ForViewer(absl::UnknownError(kSecret));
  EXPECT_EQ(lost.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(lost.message()), StartsWith("the view may have been counted: "));
}

}  // namespace
}  // namespace readcount::gateway
