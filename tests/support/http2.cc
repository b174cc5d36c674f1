#include "tests/support/http2.h"

#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace readcount::testing::http2 {
namespace {

constexpr size_t kFrameHead = 9;
constexpr absl::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string BigEndian(uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

uint32_t FromBigEndian(absl::string_view text) {
  uint32_t value = 0;
  for (const char c : text) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

// A string as RFC 7541 5.2 has it: a length with a prefix of seven bits, then the bytes.
void AppendString(const std::string& text, std::string& block) {
  constexpr size_t kPrefix = 127;
  if (text.size() < kPrefix) {
    block.push_back(static_cast<char>(text.size()));
  } else {
    block.push_back(static_cast<char>(kPrefix));
    size_t rest = text.size() - kPrefix;
    for (; rest >= 128; rest /= 128) block.push_back(static_cast<char>(rest % 128 + 128));
    block.push_back(static_cast<char>(rest));
  }
  block += text;
}

}  // namespace

std::string Bytes(const Frame& frame) {
  return BigEndian(frame.payload.size(), 3) + static_cast<char>(frame.type) + static_cast<char>(frame.flags) +
         BigEndian(frame.stream, 4) + frame.payload;
}

std::string HeaderBlock(const Headers& headers) {
  std::string block;
  for (const auto& [name, value] : headers) {
    block.push_back('\0');
    AppendString(name, block);
    AppendString(value, block);
  }
  return block;
}

std::string Number(uint32_t value) {
  return BigEndian(value, 4);
}

std::string Setting(uint16_t name, uint32_t value) {
  return BigEndian(name, 2) + BigEndian(value, 4);
}

Headers CallHeaders(const std::string& method) {
  return {{":method", "POST"},    {":scheme", "http"}, {":path", method},
          {":authority", "test"}, {"te", "trailers"},  {"content-type", "application/grpc"}};
}

std::string GrpcMessage(const std::string& proto) {
  return std::string(1, '\0') + BigEndian(proto.size(), 4) + proto;
}

std::string Call(uint32_t stream, const std::string& method, const std::string& proto, const Headers& more) {
  Headers headers = CallHeaders(method);
  headers.insert(headers.end(), more.begin(), more.end());
  return Bytes({.type = Type::kHeaders,
                .flags = kEndHeaders,
                .stream = stream,
                .payload = HeaderBlock(headers)}) +
         Bytes({.type = Type::kData, .flags = kEndStream, .stream = stream, .payload = GrpcMessage(proto)});
}

Client::Client(const std::string& address, absl::string_view settings) : connection_(address) {
  if (!connection_.connected()) throw std::runtime_error("cannot connect to " + address);
  if (settings == kNothing) return;
  Write(absl::StrCat(kPreface, Bytes({.type = Type::kSettings, .payload = std::string(settings)})));
}

bool Client::Fill(size_t bytes, absl::Time deadline) {
  while (received_.size() < bytes) {
    if (!connection_.Receive(received_, deadline)) return false;
  }
  return true;
}

std::optional<Frame> Client::Read(absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  if (!Fill(kFrameHead, deadline)) return std::nullopt;
  const size_t size = FromBigEndian(absl::string_view(received_).substr(0, 3));
  if (!Fill(kFrameHead + size, deadline)) return std::nullopt;
  Frame frame{.type = static_cast<Type>(received_[3]),
              .flags = static_cast<uint8_t>(received_[4]),
              .stream = FromBigEndian(absl::string_view(received_).substr(5, 4)),
              .payload = received_.substr(kFrameHead, size)};
  received_.erase(0, kFrameHead + size);
  return frame;
}

std::optional<Frame> Client::Await(Type type, absl::Duration patience) {
  std::optional<Frame> frame = Read(patience);
  while (frame.has_value() && frame->type != type) frame = Read(patience);
  return frame;
}

}  // namespace readcount::testing::http2
