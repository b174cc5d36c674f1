#include <string>

#include "gateway/client_address.h"
#include "gateway/client_limits.h"
#include "tests/fuzz/fuzz.h"

namespace readcount::gateway {

constexpr char kProxy[] = "10.0.0.1", kStranger[] = "192.0.2.1";

// The first line is what a proxy in front says of the client, the rest a list of proxies.
int FuzzForwarded(fuzz::Input input) {
  const std::string said(input.Line());
  const TrustedProxies known = *TrustedProxies::Parse("10.0.0.0/8");
  fuzz::Require(known.ClientOf(kStranger, said) == kStranger, "a stranger's word does not count");
  const std::string client = known.ClientOf(kProxy, said);
  const std::optional<IpAddress> address = IpAddress::Parse(client);
  fuzz::Require(address.has_value() && address->ToString() == client, "a client is an address");
  fuzz::Require(known.ClientOf(kProxy, client + "," + kProxy) == client, "a proxy more changes nothing");
  fuzz::Require(ClientLimits::KeyOf(client) != 0 || !address->is_v4(),
                "an IPv4 address has a key of its own");

  const absl::StatusOr<TrustedProxies> proxies = TrustedProxies::Parse(input.rest());
  if (!proxies.ok()) return 0;
  const std::string behind = proxies->ClientOf(kProxy, said);
  fuzz::Require(IpAddress::Parse(behind).has_value(), "a client is an address, whoever is trusted");
  fuzz::Require(proxies->Contains(*IpAddress::Parse(kProxy)) || behind == kProxy,
                "who is not in the list is not trusted");
  return 0;
}

}  // namespace readcount::gateway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return readcount::gateway::FuzzForwarded({data, size});
}
