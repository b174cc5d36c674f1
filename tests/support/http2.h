#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/support/raw_connection.h"

namespace readcount::testing::http2 {

// Frame types, flags and settings of RFC 9113, as far as tests speak of them.
enum class Type : uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9
};
constexpr uint8_t kAck = 0x1;
constexpr uint8_t kEndStream = 0x1;
constexpr uint8_t kEndHeaders = 0x4;
constexpr uint16_t kMaxConcurrentStreams = 3;
constexpr uint16_t kInitialWindowSize = 4;
constexpr uint32_t kCancel = 8;

struct Frame {
  Type type = Type::kData;
  uint8_t flags = 0;
  uint32_t stream = 0;
  std::string payload;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

// Bytes of frames and of what is in them.
std::string Bytes(const Frame& frame);
std::string HeaderBlock(const Headers& headers);  // HPACK literals only: no table, no Huffman
std::string Number(uint32_t value);
std::string Setting(uint16_t name, uint32_t value);

// The headers that open a gRPC call of `method`, "/package.Service/Method".
Headers CallHeaders(const std::string& method);
std::string GrpcMessage(const std::string& proto);

// Those headers and one message on `stream`, ended.
std::string Call(uint32_t stream, const std::string& method, const std::string& proto,
                 const Headers& more = {});

// Speaks HTTP/2, right or wrong, on one connection.
class Client {
 public:
  static constexpr absl::Duration kPatience = RawConnection::kPatience;

  // Connects to host:port and sends preface and SETTINGS with `settings`, or kNothing. Throws if it cannot
  // connect.
  explicit Client(const std::string& address, absl::string_view settings = "");

  // False once the server has closed the connection, or does not take the bytes for `kPatience`.
  bool Write(absl::string_view bytes) { return connection_.Send(bytes); }
  bool Write(const Frame& frame) { return Write(Bytes(frame)); }

  // The next frame; none when the server has closed the connection or is silent for `patience`.
  std::optional<Frame> Read(absl::Duration patience = kPatience);

  // Reads up to the first frame of that type; none if it does not come, or nothing does for `patience`.
  std::optional<Frame> Await(Type type, absl::Duration patience = kPatience);

  // Reads to the end: whether the server closes the connection within kPatience.
  bool ClosedByServer() { return connection_.AwaitEnd(); }

  static constexpr absl::string_view kNothing = "nothing";

 private:
  bool Fill(size_t bytes, absl::Time deadline);

  RawConnection connection_;
  std::string received_;
};

}  // namespace readcount::testing::http2
