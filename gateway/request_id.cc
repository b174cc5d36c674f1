#include "gateway/request_id.h"

#include <algorithm>
#include <span>

#include "absl/strings/ascii.h"
#include "gateway/random_hex.h"

namespace readcount::gateway {
namespace {

constexpr size_t kMadeSize = 16;

bool IsAllowed(char byte) {
  return absl::ascii_isalnum(byte) || byte == '.' || byte == '_' || byte == '-';
}

}  // namespace

RequestId RequestId::Parse(absl::string_view value) {
  if (value.size() > kMaxSize || !std::all_of(value.begin(), value.end(), IsAllowed)) return {};
  RequestId id;
  std::copy(value.begin(), value.end(), id.text_.begin());
  id.size_ = static_cast<uint8_t>(value.size());
  return id;
}

RequestId RequestId::Make() {
  RequestId id;
  WriteRandomHex(std::span<char>(id.text_).first<kMadeSize>());
  id.size_ = kMadeSize;
  return id;
}

}  // namespace readcount::gateway
