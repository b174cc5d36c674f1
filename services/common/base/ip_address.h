#pragma once

#include <sys/socket.h>

#include <array>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace readcount {

// An IPv4 or IPv6 address; an IPv4 address is what IPv6 maps it to (RFC 4291, section 2.5.5.2), so that both
// ways of writing it mean the same.
class IpAddress {
 public:
  // None for what is no address in digits. The zone of a link-local address (RFC 4007, section 11) is
  // dropped.
  static std::optional<IpAddress> Parse(absl::string_view text);

  // With a port behind it or not: `192.0.2.1:80`, `[2001:db8::1]:80`, `[2001:db8::1]`, or as Parse has it.
  static std::optional<IpAddress> ParseWithPort(absl::string_view text);

  // None for other families than AF_INET and AF_INET6.
  static std::optional<IpAddress> Of(const sockaddr& address);

  bool is_v4() const;

  // Whether only this machine reaches it: 127.0.0.0/8 and ::1.
  bool is_loopback() const;

  const std::array<unsigned char, 16>& bytes() const { return bytes_; }
  std::string ToString() const;

 private:
  std::array<unsigned char, 16> bytes_ = {};
};

}  // namespace readcount
