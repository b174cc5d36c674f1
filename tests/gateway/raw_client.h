#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
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

namespace readcount::gateway {

struct Reply {
  int status = 0;                              // 0: the connection ended before a whole reply came
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// One TCP connection that sends exactly the bytes it is given.
class Client {
 public:
  explicit Client(const Address& address) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }

  void Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the reply, or its lack, tells
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

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
    size_t length = 0;
    EXPECT_TRUE(absl::SimpleAtoi(reply.headers["content-length"], &length));
    while (!head && received_.size() < length) {
      if (!Receive()) return {};
    }
    if (!head) {
      reply.body = received_.substr(0, length);
      received_.erase(0, length);
    }
    EXPECT_TRUE(absl::StartsWith(lines[0], "HTTP/1.1 ")) << lines[0];
    EXPECT_TRUE(absl::SimpleAtoi(lines[0].substr(9, 3), &reply.status)) << lines[0];
    return reply;
  }
  Reply Ask(absl::string_view bytes) {
    Send(bytes);
    return Read();
  }

  // Sends `bytes` again and again, a little apart, until something comes back; false if nothing does.
  bool DripUntilAnswered(absl::string_view bytes) {
    constexpr int kDrips = 2000, kMillisecondsApart = 5;
    pollfd answer{.fd = socket_, .events = POLLIN, .revents = 0};
    for (int i = 0; i < kDrips; ++i) {
      Send(bytes);
      if (poll(&answer, 1, kMillisecondsApart) > 0) return true;
    }
    return false;
  }

  // Sends `bytes` again and again without reading, until the server ends the connection; false if it does
  // not.
  bool FloodUntilEnded(absl::string_view bytes) {
    while (send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
    }
    return errno == ECONNRESET || errno == EPIPE;
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
  bool Ended() { return received_.empty() && !Receive() && ended_; }

 private:
  bool Receive() {
    char chunk[4096];
    const ssize_t bytes = recv(socket_, chunk, sizeof chunk, 0);
    ended_ = bytes == 0;
    if (bytes > 0) received_.append(chunk, static_cast<size_t>(bytes));
    return bytes > 0;
  }

  const int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

inline std::string Get(absl::string_view target, absl::string_view more = "") {
  return absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: h\r\n", more, "\r\n");
}

}  // namespace readcount::gateway
