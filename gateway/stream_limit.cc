#include "gateway/stream_limit.h"

#include "absl/strings/str_cat.h"

namespace readcount::gateway {

absl::StatusOr<StreamLimit::Ticket> StreamLimit::Enter(const std::string& address) {
  const ClientLimits::Key client = ClientLimits::KeyOf(address);
  absl::MutexLock lock(&streams_->mutex);
  if (streams_->open >= most_) {
    return absl::ResourceExhaustedError(
        absl::StrCat(most_, " event streams are open, which is the limit: try later"));
  }
  const auto found = streams_->by_client.find(client);
  const size_t streams = found == streams_->by_client.end() ? 0 : found->second;
  if (streams >= most_per_client_) {
    return absl::ResourceExhaustedError(absl::StrCat("this address has ", most_per_client_,
                                                     " event streams open, which is the limit: close some"));
  }
  streams_->by_client[client] = streams + 1;
  ++streams_->open;
  return Ticket(nullptr, [all = streams_, client](void*) { all->Leave(client); });
}

size_t StreamLimit::open() const {
  absl::MutexLock lock(&streams_->mutex);
  return streams_->open;
}

void StreamLimit::Streams::Leave(ClientLimits::Key client) {
  absl::MutexLock lock(&mutex);
  --open;
  const auto found = by_client.find(client);
  if (--found->second == 0) by_client.erase(found);
}

}  // namespace readcount::gateway
