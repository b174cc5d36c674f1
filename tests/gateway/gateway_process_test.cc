#include <gtest/gtest.h>
#include <sys/resource.h>

#include <deque>
#include <filesystem>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/gateway/raw_client.h"
#include "tests/support/program.h"

namespace readcount::gateway {
namespace {

// The program by itself: its services are away.
class GatewayProcessTest : public ::testing::Test {
 protected:
  GatewayProcessTest() {
    const std::string& text = gateway_.address();
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(text.substr(text.rfind(':') + 1), &port));
    address_ = {.host = "127.0.0.1", .port = static_cast<uint16_t>(port)};
  }

  rlim_t OpenDescriptors() const {
    rlim_t count = 0;
    for ([[maybe_unused]] const auto& each :
         std::filesystem::directory_iterator(absl::StrCat("/proc/", gateway_.pid(), "/fd")))
      ++count;
    return count;
  }
  void AllowDescriptors(rlim_t most) const {
    const rlimit limit{.rlim_cur = most, .rlim_max = most};
    ASSERT_EQ(prlimit(gateway_.pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
  }
  int Health() const { return Client(address_).Ask(Get("/healthz")).status; }

  // gRPC 1.51 loses its error, 24 bytes, when it has no descriptor for its poller.
  testing::ProgramProcess gateway_{
      "gateway",
      {{"READCOUNT_LOG_LEVEL", "info"},
       {"LSAN_OPTIONS", "suppressions=" READCOUNT_SOURCE_DIR "/tests/gateway/grpc_leaks.supp"}}};
  Address address_;
};

TEST_F(GatewayProcessTest, AcceptsAgainOnceThereAreDescriptorsAgain) {
  ASSERT_EQ(Health(), 200);
  ASSERT_NO_FATAL_FAILURE(AllowDescriptors(OpenDescriptors() + 3));
  std::deque<Client> clients;
  for (int i = 0; i < 10; ++i)
    clients.emplace_back(address_).Send("GET /hea");  // at work, so none is ended early
  // Those that were accepted are answered though no descriptor is left; the others when these have gone.
  while (!clients.empty()) {
    EXPECT_EQ(clients.front().Ask("lthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").status, 200);
    clients.pop_front();
  }
  EXPECT_EQ(Health(), 200) << gateway_.log();
  EXPECT_TRUE(absl::StrContains(gateway_.log(), "accept_paused")) << gateway_.log();
  EXPECT_TRUE(absl::StrContains(gateway_.log(), "accept_resumed")) << gateway_.log();
}

TEST_F(GatewayProcessTest, EndsIdleConnectionsForNewOnesWhenDescriptorsAreShort) {
  ASSERT_EQ(Health(), 200);
  ASSERT_NO_FATAL_FAILURE(AllowDescriptors(OpenDescriptors() + 3));
  std::deque<Client> idle;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(idle.emplace_back(address_).Ask(Get("/healthz")).status, 200);
  EXPECT_TRUE(idle.front().Ended());
  EXPECT_EQ(gateway_.Stop(), 0) << gateway_.log();
}

}  // namespace
}  // namespace readcount::gateway
