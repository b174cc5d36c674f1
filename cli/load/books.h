#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "cli/command.h"
#include "cli/endpoint.h"

namespace readcount::cli {

// Views that article services have recorded, by the books, since it was opened.
class Books {
 public:
  // Reads them now, if `wanted`. Errors as of SyncEndpoint and SyncClient::Audit.
  static absl::StatusOr<Books> Open(const Context& context, bool wanted);

  // How many more there are; none if not wanted. Errors as of SyncClient::Audit.
  absl::StatusOr<std::optional<int64_t>> RecordedMeanwhile() const;

 private:
  absl::StatusOr<int64_t> ReadRecorded() const;

  std::optional<Endpoint> endpoint_;
  int64_t before_ = 0;
};

}  // namespace readcount::cli
