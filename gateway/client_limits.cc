#include "gateway/client_limits.h"

#include <algorithm>
#include <optional>

#include "services/common/base/ip_address.h"

namespace readcount::gateway {

ClientLimits::ClientLimits(Settings settings, const Clock& clock) : settings_(settings), clock_(clock) {}

ClientLimits::Key ClientLimits::KeyOf(const std::string& client) {
  const std::optional<IpAddress> address = IpAddress::Parse(client);
  if (!address.has_value()) return 0;
  const size_t begin = address->is_v4() ? address->bytes().size() / 2 : 0;
  Key key = 0;
  for (size_t i = begin; i < begin + sizeof(Key); ++i) key = key << 8 | address->bytes()[i];
  return key;
}

ClientLimits::Verdict ClientLimits::Enter(Key key) {
  const absl::Duration now = clock_.Elapsed();
  absl::MutexLock lock(&mutex_);
  Client& client = Find(key, now);
  if (settings_.in_flight > 0 && client.in_flight >= settings_.in_flight) {
    too_many_.Add();
    return Verdict::kTooMany;
  }
  if (settings_.rate > 0) {
    const double earned = absl::ToDoubleSeconds(now - client.filled_at) * settings_.rate;
    client.tokens = std::min<double>(client.tokens + earned, settings_.burst);
    client.filled_at = now;
    if (client.tokens < 1) {
      too_fast_.Add();
      return Verdict::kTooFast;
    }
    --client.tokens;
  }
  ++client.in_flight;
  return Verdict::kAdmitted;
}

void ClientLimits::Leave(Key key) {
  absl::MutexLock lock(&mutex_);
  if (const auto found = clients_.find(key); found != clients_.end()) --found->second.in_flight;
}

// A client that is new, or was forgotten, begins rested.
ClientLimits::Client& ClientLimits::Find(Key key, absl::Duration now) {
  if (const auto found = clients_.find(key); found != clients_.end()) {
    seen_.splice(seen_.end(), seen_, found->second.seen);
    return found->second;
  }
  if (clients_.size() >= kMostClients) ForgetOne();
  Client& client = clients_[key];
  client = {.tokens = static_cast<double>(settings_.burst),
            .filled_at = now,
            .in_flight = 0,
            .seen = seen_.insert(seen_.end(), key)};
  return client;
}

// One without requests under way, of which there are far fewer than clients.
void ClientLimits::ForgetOne() {
  for (auto oldest = seen_.begin(); oldest != seen_.end(); ++oldest) {
    const auto client = clients_.find(*oldest);
    if (client->second.in_flight > 0) continue;
    clients_.erase(client);
    seen_.erase(oldest);
    return;
  }
}

}  // namespace readcount::gateway
