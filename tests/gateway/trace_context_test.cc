#include "gateway/trace_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace readcount::gateway {
namespace {

using ::testing::MatchesRegex;

constexpr absl::string_view kSound = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContextTest, TakesWhatIsSoundAsItIs) {
  const TraceContext context = TraceContext::Parse(kSound);
  EXPECT_FALSE(context.none());
  EXPECT_EQ(context.text(), kSound);
  EXPECT_EQ(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(context.parent_id(), "00f067aa0ba902b7");
}

TEST(TraceContextTest, WhatIsNotSoundIsAsIfItWereAbsent) {
  for (const absl::string_view value : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A",
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
           "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
       }) {
    EXPECT_TRUE(TraceContext::Parse(value).none()) << value;
    EXPECT_EQ(TraceContext::Parse(value).text(), "") << value;
  }
}

TEST(TraceContextTest, OfAHigherVersionIsTakenWhatVersion00Has) {
  for (const absl::string_view value : {
           "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
           "fe-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what the future will be like",
       }) {
    EXPECT_EQ(TraceContext::Parse(value).text(), kSound) << value;
  }
  EXPECT_TRUE(TraceContext::Parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more").none());
  EXPECT_TRUE(TraceContext::Parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011").none());
}

TEST(TraceContextTest, OnlyFlagsThatHaveAMeaningStay) {
  const std::string ids = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";
  for (const auto& [sent, kept] :
       {std::pair("00", "00"), std::pair("01", "01"), std::pair("02", "02"), std::pair("03", "03"),
        std::pair("ff", "03"), std::pair("fc", "00"), std::pair("0d", "01")}) {
    EXPECT_EQ(TraceContext::Parse(ids + sent).text(), ids + kept);
  }
}

TEST(TraceContextTest, AMadeOneIsSoundAndNoOther) {
  std::set<std::string> traces;
  for (int i = 0; i < 1000; ++i) {
    const TraceContext made = TraceContext::Make();
    EXPECT_THAT(std::string(made.text()), MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-00"));
    EXPECT_EQ(TraceContext::Parse(made.text()).text(), made.text());
    traces.emplace(made.trace_id());
  }
  EXPECT_EQ(traces.size(), 1000u);
}

TEST(TraceContextTest, AChildKeepsTraceAndFlagsUnderItsOwnParentId) {
  const TraceContext parent = TraceContext::Parse(kSound);
  const TraceContext child = parent.Child(), other = parent.Child();
  EXPECT_EQ(child.trace_id(), parent.trace_id());
  EXPECT_NE(child.parent_id(), parent.parent_id());
  EXPECT_NE(child.parent_id(), other.parent_id());
  EXPECT_EQ(child.text().substr(53), "01");
  EXPECT_EQ(TraceContext::Parse(child.text()).text(), child.text());
}

}  // namespace
}  // namespace readcount::gateway
