#include "gateway/grpc_timeout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace readcount::gateway {
namespace {

using ::testing::HasSubstr;

TEST(GrpcTimeoutTest, EveryUnitHasItsLength) {
  EXPECT_EQ(*ParseGrpcTimeout("1H"), absl::Hours(1));
  EXPECT_EQ(*ParseGrpcTimeout("2M"), absl::Minutes(2));
  EXPECT_EQ(*ParseGrpcTimeout("3S"), absl::Seconds(3));
  EXPECT_EQ(*ParseGrpcTimeout("4m"), absl::Milliseconds(4));
  EXPECT_EQ(*ParseGrpcTimeout("5u"), absl::Microseconds(5));
  EXPECT_EQ(*ParseGrpcTimeout("6n"), absl::Nanoseconds(6));
}

TEST(GrpcTimeoutTest, TakesOneToEightDigits) {
  EXPECT_EQ(*ParseGrpcTimeout("0S"), absl::ZeroDuration());
  EXPECT_EQ(*ParseGrpcTimeout("00000001S"), absl::Seconds(1));
  EXPECT_EQ(*ParseGrpcTimeout("99999999H"), absl::Hours(99999999));
}

TEST(GrpcTimeoutTest, AnythingElseIsRefusedWithHowToWriteIt) {
  for (const std::string& text :
       {std::string(), std::string("S"), std::string("1"), std::string("123456789S"), std::string("1s"),
        std::string("1h"), std::string("-1S"), std::string("+1S"), std::string(" 1S"), std::string("1S "),
        std::string("1.5S"), std::string("1 S"), std::string("0x1S"), std::string("1ms"),
        std::string("1S, 2S"), std::string("1\0S", 3), std::string("infinite")}) {
    const absl::Status status = ParseGrpcTimeout(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("such as 500m")) << text;
  }
}

}  // namespace
}  // namespace readcount::gateway
