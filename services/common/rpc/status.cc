#include "services/common/rpc/status.h"

#include <string>

namespace readcount {

absl::Status ForCaller(const absl::Status& status) {
  if (!absl::IsPermissionDenied(status) && !absl::IsFailedPrecondition(status)) return status;
  return absl::UnavailableError(status.message());
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const absl::Status told = ForCaller(status);
  return {static_cast<grpc::StatusCode>(told.code()), std::string(told.message())};
}

absl::Status FromGrpc(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

}  // namespace readcount
