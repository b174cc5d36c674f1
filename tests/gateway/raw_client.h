#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "services/common/config/settings.h"
#include "tests/support/raw_connection.h"

namespace readcount::gateway {

struct Reply {
  int status = 0;                              // 0: the connection ended before a whole reply came
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// An HTTP/1.1 client that sends exactly the bytes it is given.
class Client {
 public:
  explicit Client(const Address& address) : connection_(absl::StrCat("127.0.0.1:", address.port)) {}

  bool connected() const { return connection_.connected(); }

  // The reply, or its lack, tells what became of it.
  void Send(absl::string_view bytes) { connection_.Send(bytes); }

  // The next reply; `head` if it answers HEAD and has no body.
  Reply Read(bool head = false) {
    size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive()) return {};
    }
    Reply reply;
    const std::vector<std::string> lines = absl::StrSplit(received_.substr(0, end), "\r\n");
    received_.erase(0, end + 4);
    for (size_t i = 1; i < lines.size(); ++i) {
      const std::pair<std::string, std::string> field = absl::StrSplit(lines[i], absl::MaxSplits(": ", 1));
      EXPECT_TRUE(reply.headers.emplace(absl::AsciiStrToLower(field.first), field.second).second) << lines[i];
    }
    EXPECT_TRUE(absl::StartsWith(lines[0], "HTTP/1.1 ")) << lines[0];
    EXPECT_TRUE(absl::SimpleAtoi(lines[0].substr(9, 3), &reply.status)) << lines[0];
    size_t length = 0;
    if (!head && reply.status != 204 && reply.status != 304) {
      EXPECT_TRUE(absl::SimpleAtoi(reply.headers["content-length"], &length));
    }
    while (!head && received_.size() < length) {
      if (!Receive()) return {};
    }
    if (!head) {
      reply.body = received_.substr(0, length);
      received_.erase(0, length);
    }
    return reply;
  }
  Reply Ask(absl::string_view bytes) {
    Send(bytes);
    return Read();
  }

  // Sends `bytes` again and again, a little apart, until something comes back; false if nothing does.
  bool DripUntilAnswered(absl::string_view bytes) {
    constexpr int kDrips = 2000;
    constexpr absl::Duration kApart = absl::Milliseconds(5);
    for (int i = 0; i < kDrips; ++i) {
      Send(bytes);
      if (connection_.AwaitAnswer(kApart)) return true;
    }
    return false;
  }

  // Sends `bytes` again and again without reading, until the server ends the connection; false if it does
  // not.
  bool FloodUntilEnded(absl::string_view bytes) {
    while (connection_.Send(bytes)) {
    }
    return connection_.lost();
  }

  // Waits for `bytes` to come next.
  bool Expect(absl::string_view bytes) {
    while (received_.size() < bytes.size()) {
      if (!Receive()) return false;
    }
    const bool same = absl::StartsWith(received_, bytes);
    received_.erase(0, bytes.size());
    return same;
  }

  // True once the server has closed the connection without sending more.
  bool Ended() { return received_.empty() && !Receive() && connection_.closed(); }

 private:
  bool Receive() { return connection_.Receive(received_); }

  testing::RawConnection connection_;
  std::string received_;
};

inline std::string Get(absl::string_view target, absl::string_view more = "") {
  return absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: h\r\n", more, "\r\n");
}

}  // namespace readcount::gateway
