#include "gateway/client_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readcount::gateway {
namespace {

using ::testing::HasSubstr;

TrustedProxies Proxies(absl::string_view list) {
  absl::StatusOr<TrustedProxies> proxies = TrustedProxies::Parse(list);
  EXPECT_TRUE(proxies.ok()) << proxies.status();
  return proxies.ok() ? *std::move(proxies) : TrustedProxies();
}

TEST(TrustedProxiesTest, RefusesWhatIsNeitherAddressNorNetwork) {
  for (const char* list : {"proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "10.0.0.1, x"}) {
    EXPECT_THAT(std::string(TrustedProxies::Parse(list).status().message()),
                HasSubstr("is no address or network"))
        << list;
  }
  EXPECT_TRUE(TrustedProxies::Parse("").ok());
}

TEST(TrustedProxiesTest, ANetworkHoldsTheAddressesOfItsBits) {
  const TrustedProxies proxies = Proxies("10.0.0.0/9, 192.0.2.7, 2001:db8::/33");
  for (const char* in : {"10.0.0.1", "10.127.255.255", "192.0.2.7", "::ffff:10.0.0.1", "2001:db8:7fff::1"})
    EXPECT_TRUE(proxies.Contains(*IpAddress::Parse(in))) << in;
  for (const char* out : {"10.128.0.0", "11.0.0.1", "192.0.2.6", "192.0.2.8", "2001:db8:8000::1", "::1"})
    EXPECT_FALSE(proxies.Contains(*IpAddress::Parse(out))) << out;
}

TEST(TrustedProxiesTest, WhoIsNotTrustedIsTheClientWhateverItSays) {
  EXPECT_EQ(TrustedProxies().ClientOf("192.0.2.1", "198.51.100.1"), "192.0.2.1");
  EXPECT_EQ(Proxies("10.0.0.1").ClientOf("192.0.2.1", "198.51.100.1"), "192.0.2.1");
}

TEST(TrustedProxiesTest, OfATrustedProxyTheLastHopThatIsNotTrustedIsTheClient) {
  const TrustedProxies proxies = Proxies("10.0.0.0/8");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "198.51.100.1"), "198.51.100.1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "1.2.3.4, 198.51.100.1"), "198.51.100.1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "1.2.3.4, 198.51.100.1,10.0.0.2 , 10.0.0.3"), "198.51.100.1");
  EXPECT_EQ(proxies.ClientOf("::ffff:10.0.0.1", "198.51.100.1"), "198.51.100.1");
}

TEST(TrustedProxiesTest, TakesAddressesWithPorts) {
  const TrustedProxies proxies = Proxies("10.0.0.0/8");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "198.51.100.1:4711"), "198.51.100.1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "[2001:db8::1]:4711"), "2001:db8::1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "[2001:db8::1]"), "2001:db8::1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "2001:db8::1"), "2001:db8::1");
}

TEST(TrustedProxiesTest, WhereTheListSaysNoMoreTheLastHopKnownIsTheClient) {
  const TrustedProxies proxies = Proxies("10.0.0.0/8");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", ""), "10.0.0.1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "unknown"), "10.0.0.1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "198.51.100.1, unknown, 10.0.0.2"), "10.0.0.2");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", ",,"), "10.0.0.1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", "["), "10.0.0.1");
}

}  // namespace
}  // namespace readcount::gateway
