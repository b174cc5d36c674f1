#include "gateway/sync_handlers.h"

#include <utility>

#include "gateway/json.h"

namespace readcount::gateway {
namespace {

// Who asked, as the history of runs shows it.
constexpr char kRequester[] = "gateway";

}  // namespace

void SyncHandlers::Status(const Request&, Respond respond) const {
  backend_.Status(
      [respond = std::move(respond)](const absl::StatusOr<const v1::SyncStatus*>& status) mutable {
        respond(status.ok() ? OkResponse(SyncStatusJson(**status)) : ErrorResponse(status.status()));
      });
}

void SyncHandlers::Run(const Request& request, Respond respond) const {
  if (absl::Status allowed = token_.Check(request.head.authorization); !allowed.ok()) {
    return respond(ErrorResponse(allowed));
  }
  v1::RunSyncRequest run;
  run.set_requested_by(kRequester);
  backend_.Run(std::move(run),
               [respond = std::move(respond)](const absl::StatusOr<const v1::SyncRun*>& done) mutable {
                 respond(done.ok() ? OkResponse(SyncRunJson(**done)) : ErrorResponse(done.status()));
               });
}

}  // namespace readcount::gateway
