#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/base/clock.h"

namespace readcount::gateway {

// Makes of a service's errors what strangers may read: messages about a request pass; those about the service
// itself, which may name servers and addresses, are logged, one a second at most, and replaced. Codes stay,
// but for UNKNOWN and CANCELLED, which become UNAVAILABLE: a client can do no more about it than come again.
// Thread-safe.
class ServiceErrors {
 public:
  // `service` begins the messages: "the article service". `clock` must outlive the object.
  ServiceErrors(absl::string_view service, const Clock& clock) : service_(service), clock_(clock) {}

  absl::Status ForClient(const absl::Status& status);

  // The same for a view to which ArticleService itself answered with an error: also says whether it may have
  // been counted.
  absl::Status ForViewer(const absl::Status& status);

 private:
  void LogNowAndThen(const absl::Status& status);

  const std::string service_;
  const Clock& clock_;
  std::atomic<int64_t> next_log_ns_ = INT64_MIN;
};

}  // namespace readcount::gateway
