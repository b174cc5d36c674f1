#include "gateway/client_limits.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/fakes/clock.h"

namespace readcount::gateway {
namespace {

using Verdict = ClientLimits::Verdict;

class ClientLimitsTest : public ::testing::Test {
 protected:
  // A request that is answered at once.
  static Verdict Ask(ClientLimits& limits, const std::string& client) {
    const ClientLimits::Key key = ClientLimits::KeyOf(client);
    const Verdict verdict = limits.Enter(key);
    if (verdict == Verdict::kAdmitted) limits.Leave(key);
    return verdict;
  }
  static int Admitted(ClientLimits& limits, const std::string& client, int requests) {
    int admitted = 0;
    for (int i = 0; i < requests; ++i) admitted += Ask(limits, client) == Verdict::kAdmitted ? 1 : 0;
    return admitted;
  }

  FakeClock clock_;
};

TEST_F(ClientLimitsTest, ABurstThenTheRate) {
  ClientLimits limits({.rate = 10, .burst = 5}, clock_);
  EXPECT_EQ(Admitted(limits, "192.0.2.1", 100), 5);
  EXPECT_EQ(Ask(limits, "192.0.2.1"), Verdict::kTooFast);
  clock_.Advance(absl::Milliseconds(300));
  EXPECT_EQ(Admitted(limits, "192.0.2.1", 100), 3);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Admitted(limits, "192.0.2.1", 100), 5);
  EXPECT_EQ(limits.too_fast(), 95u + 1 + 97 + 95);
}

TEST_F(ClientLimitsTest, RequestsUnderWay) {
  ClientLimits limits({.in_flight = 2}, clock_);
  const ClientLimits::Key key = ClientLimits::KeyOf("192.0.2.1");
  EXPECT_EQ(limits.Enter(key), Verdict::kAdmitted);
  EXPECT_EQ(limits.Enter(key), Verdict::kAdmitted);
  EXPECT_EQ(limits.Enter(key), Verdict::kTooMany);
  EXPECT_EQ(Ask(limits, "192.0.2.2"), Verdict::kAdmitted);
  limits.Leave(key);
  EXPECT_EQ(limits.Enter(key), Verdict::kAdmitted);
  EXPECT_EQ(limits.too_many(), 1u);
}

TEST_F(ClientLimitsTest, EachAddressHasItsOwn) {
  ClientLimits limits({.rate = 1, .burst = 1}, clock_);
  EXPECT_EQ(Admitted(limits, "192.0.2.1", 3), 1);
  EXPECT_EQ(Admitted(limits, "192.0.2.2", 3), 1);
  EXPECT_EQ(Admitted(limits, "2001:db8::1", 3), 1);
}

TEST_F(ClientLimitsTest, OfIpv6TheNetworkIsTheAddress) {
  EXPECT_EQ(ClientLimits::KeyOf("2001:db8:0:1::1"), ClientLimits::KeyOf("2001:db8:0:1:ffff::2"));
  EXPECT_NE(ClientLimits::KeyOf("2001:db8:0:1::1"), ClientLimits::KeyOf("2001:db8:0:2::1"));
  EXPECT_NE(ClientLimits::KeyOf("192.0.2.1"), ClientLimits::KeyOf("192.0.2.2"));
  EXPECT_EQ(ClientLimits::KeyOf("::ffff:192.0.2.1"), ClientLimits::KeyOf("192.0.2.1"));
}

TEST_F(ClientLimitsTest, WithoutLimitsThereIsNothingToCount) {
  EXPECT_FALSE(ClientLimits({}, clock_).any());
  EXPECT_TRUE(ClientLimits({.rate = 1}, clock_).any());
  EXPECT_TRUE(ClientLimits({.in_flight = 1}, clock_).any());
}

// Those with requests under way stay, however long they have not been seen.
TEST_F(ClientLimitsTest, ForgetsTheLongestNotSeenWhenThereAreTooMany) {
  ClientLimits limits({.rate = 1, .burst = 1, .in_flight = 1}, clock_);
  const ClientLimits::Key busy = ClientLimits::KeyOf("192.0.2.1");
  EXPECT_EQ(limits.Enter(busy), Verdict::kAdmitted);
  EXPECT_EQ(Ask(limits, "192.0.2.2"), Verdict::kAdmitted);
  EXPECT_EQ(Ask(limits, "192.0.2.2"), Verdict::kTooFast);
  for (size_t i = 0; i < ClientLimits::kMostClients; ++i)
    ASSERT_EQ(Ask(limits, absl::StrCat("10.", i >> 16, ".", i >> 8 & 255, ".", i & 255)), Verdict::kAdmitted);
  EXPECT_EQ(Ask(limits, "192.0.2.2"), Verdict::kAdmitted);
  EXPECT_EQ(limits.Enter(busy), Verdict::kTooMany);
}

}  // namespace
}  // namespace readcount::gateway
