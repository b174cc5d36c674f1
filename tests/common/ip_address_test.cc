#include "services/common/base/ip_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace readcount {
namespace {

TEST(IpAddressTest, BothWaysOfWritingAnIpv4AddressMeanTheSame) {
  const std::optional<IpAddress> plain = IpAddress::Parse("192.0.2.1"),
                                 mapped = IpAddress::Parse("::ffff:192.0.2.1");
  ASSERT_TRUE(plain.has_value() && mapped.has_value());
  EXPECT_EQ(plain->bytes(), mapped->bytes());
  EXPECT_EQ(mapped->ToString(), "192.0.2.1");
  EXPECT_EQ(IpAddress::Parse("2001:DB8::0:1")->ToString(), "2001:db8::1");
  EXPECT_EQ(IpAddress::Parse("fe80::1%eth0")->ToString(), "fe80::1");
}

TEST(IpAddressTest, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1:80", "[::1]", "::1::", "unknown"})
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
}

TEST(IpAddressTest, APortBehindTheAddressMayBeLeftOut) {
  for (const char* text : {"192.0.2.1:4711", "192.0.2.1", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:80"}) {
    const std::optional<IpAddress> address = IpAddress::ParseWithPort(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->ToString(), "192.0.2.1") << text;
  }
  for (const char* text : {"[2001:db8::1]:80", "[2001:db8::1]", "2001:db8::1"})
    EXPECT_EQ(IpAddress::ParseWithPort(text)->ToString(), "2001:db8::1") << text;
  for (const char* text : {"", "[", "[]", ":80", "localhost:80"})
    EXPECT_FALSE(IpAddress::ParseWithPort(text).has_value()) << text;
}

TEST(IpAddressTest, OnlyThisMachineReachesItsLoopback) {
  for (const char* text : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(IpAddress::Parse(text)->is_loopback()) << text;
  for (const char* text : {"128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:10.0.0.1", "7f00::1"})
    EXPECT_FALSE(IpAddress::Parse(text)->is_loopback()) << text;
}

TEST(IpAddressTest, IsWhatASocketIsBoundTo) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(IpAddress::Of(reinterpret_cast<const sockaddr&>(v4))->ToString(), "127.0.0.1");
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  EXPECT_EQ(IpAddress::Of(reinterpret_cast<const sockaddr&>(v6))->ToString(), "::1");
  sockaddr_un path{};
  path.sun_family = AF_UNIX;
  EXPECT_FALSE(IpAddress::Of(reinterpret_cast<const sockaddr&>(path)).has_value());
}

}  // namespace
}  // namespace readcount
