#include "gateway/trace_context.h"

#include <algorithm>
#include <span>

#include "gateway/random_hex.h"

namespace readcount::gateway {
namespace {

// Where the fields begin in vv-tttttttttttttttttttttttttttttttt-pppppppppppppppp-ff.
constexpr size_t kTraceId = 3, kParentId = 36, kFlags = 53;
constexpr size_t kTraceIdSize = 32, kIdSize = 16;
constexpr size_t kDashes[] = {2, 35, 52};

bool IsLowerHex(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

bool IsZero(absl::string_view id) {
  return id.find_first_not_of('0') == absl::string_view::npos;
}

// True if the first bytes are a version, two ids that are not zero, and flags.
bool HasItsFields(absl::string_view text) {
  for (size_t i = 0; i < TraceContext::kSize; ++i) {
    const bool dash = std::find(std::begin(kDashes), std::end(kDashes), i) != std::end(kDashes);
    if (dash ? text[i] != '-' : !IsLowerHex(text[i])) return false;
  }
  return !IsZero(text.substr(kTraceId, kTraceIdSize)) && !IsZero(text.substr(kParentId, kIdSize));
}

// Sampled is the lowest bit, random trace id the next; the others must not be passed on.
char KnownFlags(char digit) {
  const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
  return static_cast<char>('0' + (value & 3));
}

}  // namespace

TraceContext TraceContext::Parse(absl::string_view value) {
  if (value.size() < kSize || !HasItsFields(value)) return {};
  const absl::string_view version = value.substr(0, 2);
  const bool has_more = value.size() > kSize;
  if (version == "ff" || (has_more && (version == "00" || value[kSize] != '-'))) return {};
  TraceContext context;
  std::copy_n(value.begin(), kSize, context.text_.begin());
  context.text_[0] = context.text_[1] = '0';
  context.text_[kFlags] = '0';
  context.text_[kFlags + 1] = KnownFlags(value[kFlags + 1]);
  return context;
}

TraceContext TraceContext::Make() {
  TraceContext context;
  context.text_.fill('0');
  for (const size_t dash : kDashes) context.text_[dash] = '-';
  const std::span<char> text(context.text_);
  WriteRandomHex(text.subspan<kTraceId, kIdSize>());
  WriteRandomHex(text.subspan<kTraceId + kIdSize, kIdSize>());
  WriteRandomHex(text.subspan<kParentId, kIdSize>());
  return context;
}

TraceContext TraceContext::Child() const {
  TraceContext child = *this;
  WriteRandomHex(std::span<char>(child.text_).subspan<kParentId, kIdSize>());
  return child;
}

}  // namespace readcount::gateway
