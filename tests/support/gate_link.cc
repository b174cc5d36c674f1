#include "tests/support/gate_link.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace readcount::testing {
namespace {

constexpr char kTopBit = static_cast<char>(0x80);
constexpr int kThrottleTurnsPerSecond = 50;

bool WouldBlock() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

void GatePipe::Flip(const GateMode& mode, std::mt19937_64& random, std::string& bytes) const {
  if (mode.flip_one_in == 0 || (requests_ && !mode.flip_requests)) return;
  for (char& byte : bytes) {
    if (random() % mode.flip_one_in == 0) byte = static_cast<char>(byte ^ kTopBit);
  }
}

bool GatePipe::Read(const GateMode& mode, std::mt19937_64& random,
                    const std::function<bool(std::string&)>& seen) {
  std::array<char, kBuffer> room;
  const ssize_t size = recv(from_, room.data(), room.size(), 0);
  if (size < 0) return WouldBlock();
  if (size == 0) {
    ended_ = true;
  } else {
    std::string bytes(room.data(), static_cast<size_t>(size));
    if (!seen(bytes)) return false;
    Flip(mode, random, bytes);
    waiting_ += bytes;
  }
  if (ended_ && waiting_.empty() && !closed_) {
    closed_ = true;
    shutdown(to_, SHUT_WR);
  }
  return true;
}

bool GatePipe::Write(const GateMode& mode, Time now) {
  size_t most = waiting_.size();
  if (mode.slice) most = 1;
  if (mode.bytes_per_second > 0) {
    most = std::min<size_t>(most, 1 + mode.bytes_per_second / kThrottleTurnsPerSecond);
  }
  const std::optional<uint64_t>& cut = requests_ ? mode.cut_requests_after : mode.cut_replies_after;
  if (cut.has_value()) most = std::min<size_t>(most, *cut > passed_ ? *cut - passed_ : 0);
  const ssize_t size = most == 0 ? 0 : send(to_, waiting_.data(), most, MSG_NOSIGNAL);
  if (size < 0) return WouldBlock();
  waiting_.erase(0, static_cast<size_t>(size));
  passed_ += static_cast<uint64_t>(size);
  if (cut.has_value() && passed_ >= *cut) return false;
  if (mode.bytes_per_second > 0) {
    next_write_ = now + std::chrono::microseconds(1'000'000 * size / mode.bytes_per_second);
  }
  if (ended_ && waiting_.empty() && !closed_) {
    closed_ = true;
    shutdown(to_, SHUT_WR);
  }
  return true;
}

GateLink::~GateLink() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  for (const int socket : {client_, server_}) {
    if (!replies.done()) {
      setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    close(socket);
  }
}

}  // namespace readcount::testing
