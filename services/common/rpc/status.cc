#include "services/common/rpc/status.h"

#include <string>

namespace readcount {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const absl::StatusCode code = absl::IsUnknown(status) ? absl::StatusCode::kUnavailable : status.code();
  return {static_cast<grpc::StatusCode>(code), std::string(status.message())};
}

absl::Status FromGrpc(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

}  // namespace readcount
