#include "cli/load/books.h"

#include "cli/rpc/sync_client.h"

namespace readcount::cli {

absl::StatusOr<Books> Books::Open(const Context& context, bool wanted) {
  Books books;
  if (!wanted) return books;
  const absl::StatusOr<Endpoint> endpoint = SyncEndpoint(context);
  if (!endpoint.ok()) return endpoint.status();
  books.endpoint_ = *endpoint;
  const absl::StatusOr<int64_t> before = books.ReadRecorded();
  if (!before.ok()) return before.status();
  books.before_ = *before;
  return books;
}

absl::StatusOr<std::optional<int64_t>> Books::RecordedMeanwhile() const {
  if (!endpoint_.has_value()) return std::optional<int64_t>();
  const absl::StatusOr<int64_t> now = ReadRecorded();
  if (!now.ok()) return now.status();
  return std::optional<int64_t>(*now - before_);
}

absl::StatusOr<int64_t> Books::ReadRecorded() const {
  const absl::StatusOr<v1::AuditResponse> books = SyncClient(*endpoint_).Audit();
  if (!books.ok()) return books.status();
  return books->recorded();
}

}  // namespace readcount::cli
