#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/e2e/load.h"
#include "tests/e2e/stack.h"
#include "tests/support/raw_connection.h"

namespace readcount::testing {
namespace {

constexpr int kIdle = 500, kSlowHead = 200, kSlowBody = 100;

TEST(Fault24, SlowAndSilentClientsAreCutWhileOthersAreServed) {
  Stack stack(20, "off",
              {{"READCOUNT_GATEWAY_HEADER_TIMEOUT", "500ms"}, {"READCOUNT_GATEWAY_IDLE_TIMEOUT", "1s"}});
  Load load(stack.gateway->address(), 2, 20);
  load.AwaitViews(100);
  std::vector<RawConnection> slow;
  const auto open = [&](int connections, const std::string& says) {
    for (int i = 0; i < connections; ++i) slow.emplace_back(stack.gateway->address()).Send(says);
  };
  open(kIdle, "");
  open(kSlowHead, "GET /api/article/1 HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  open(kSlowBody, "POST /api/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx");
  load.AwaitViews(300);
  EXPECT_TRUE(std::all_of(slow.begin(), slow.end(), [](RawConnection& one) { return one.AwaitEnd(); }));
  load.AwaitViews(100);
  load.Stop();
  EXPECT_EQ(load.unknown(), 0u);
  stack.ExpectBooksToBalance(load);
}

}  // namespace
}  // namespace readcount::testing
