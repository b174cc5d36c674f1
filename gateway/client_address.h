#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/base/ip_address.h"

namespace readcount::gateway {

// The proxies whose word about their clients is taken. The same after construction.
class TrustedProxies {
 public:
  // None is trusted.
  TrustedProxies() = default;

  // Addresses and networks, `10.0.0.0/8`, separated by commas. INVALID_ARGUMENT names what is neither.
  static absl::StatusOr<TrustedProxies> Parse(absl::string_view list);

  bool Contains(const IpAddress& address) const;

  // The address of the client that a request comes from, which `peer` has sent. If the peer is trusted, it is
  // the last address in `forwarded_for`, the joined values of X-Forwarded-For, that is not itself a trusted
  // proxy's: what stands before it anybody may have written. A peer's own address otherwise, and where the
  // list says no more.
  std::string ClientOf(const std::string& peer, absl::string_view forwarded_for) const;

 private:
  struct Network {
    IpAddress address;
    int bits = 128;
  };
  std::vector<Network> networks_;
};

}  // namespace readcount::gateway
