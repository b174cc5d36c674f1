#include "services/syncer/status_watch.h"

#include <utility>

#include "services/syncer/proto_convert.h"

namespace readcount {

grpc::ServerWriteReactor<v1::WatchStatusResponse>* StatusWatches::Open() {
  const auto stream = streams_.Open();
  const uint64_t handle = board_.Watch([stream](const SyncSnapshot& snapshot) {
    v1::WatchStatusResponse message;
    ToProto(snapshot, *message.mutable_status());
    stream->Put(std::move(message));
  });
  stream->AtEnd([this, handle] { board_.Unwatch(handle); });
  return stream.get();
}

}  // namespace readcount
