#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"

namespace readcount::testing {
namespace {

constexpr int kIdle = 500, kSlowHead = 200, kSlowBody = 100;

// A connection that says something and then nothing more.
class RawConnection {
 public:
  RawConnection(const std::string& address, const std::string& says)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const size_t colon = address.rfind(':');
    sockaddr_in to{.sin_family = AF_INET,
                   .sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))))};
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    for (size_t sent = 0; sent < says.size();) {
      const ssize_t bytes =
          send(socket_, says.data() + sent, says.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (bytes <= 0) break;
      sent += static_cast<size_t>(bytes);
    }
  }
  ~RawConnection() { close(socket_); }
  RawConnection(RawConnection&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

  // Waits until the gateway has ended it, reading away what it said.
  bool AwaitEnd() const {
    constexpr int kLongestMs = 20000;
    for (;;) {
      pollfd event{.fd = socket_, .events = POLLIN, .revents = 0};
      if (poll(&event, 1, kLongestMs) <= 0) return false;
      char text[4096];
      if (recv(socket_, text, sizeof text, 0) <= 0) return true;
    }
  }

 private:
  int socket_ = -1;
};

// Row 24.
TEST(Fault24, SlowAndSilentClientsAreCutWhileOthersAreServed) {
  Stack stack(20, "off",
              {{"READCOUNT_GATEWAY_HEADER_TIMEOUT", "500ms"}, {"READCOUNT_GATEWAY_IDLE_TIMEOUT", "1s"}});
  Load load(stack.gateway->address(), 2, 20);
  load.AwaitViews(100);
  std::vector<RawConnection> slow;
  const auto open = [&](int connections, const std::string& says) {
    for (int i = 0; i < connections; ++i) slow.emplace_back(stack.gateway->address(), says);
  };
  open(kIdle, "");
  open(kSlowHead, "GET /api/article/1 HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  open(kSlowBody, "POST /api/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx");
  load.AwaitViews(300);
  EXPECT_TRUE(std::all_of(slow.begin(), slow.end(), [](const RawConnection& one) { return one.AwaitEnd(); }));
  load.AwaitViews(100);
  load.Stop();
  EXPECT_EQ(load.unknown(), 0u);
  stack.ExpectBooksToBalance(load);
}

}  // namespace
}  // namespace readcount::testing
