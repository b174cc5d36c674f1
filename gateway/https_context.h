#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/common/base/file_watch.h"
#include "services/common/config/settings.h"

namespace readcount::gateway {

// What connections are served with over TLS: the certificate and key of gateway.tls_certificate and
// gateway.tls_key, which are read again when they change, for connections that come afterwards; while they
// cannot be used those of before serve on, and the log says so. TLS 1.2 and later. Thread-safe.
class HttpsContext {
 public:
  using Context = std::shared_ptr<boost::asio::ssl::context>;

  // None if there is no certificate. INVALID_ARGUMENT as CheckTls has it.
  static absl::StatusOr<std::unique_ptr<HttpsContext>> Open(const Settings& settings);

  // For a new connection, which is to keep it.
  Context current() const;

 private:
  explicit HttpsContext(const Settings& settings);

  absl::StatusOr<Context> Read() const;
  void ReadAgain();

  const Settings settings_;

  mutable absl::Mutex mutex_;
  Context context_ ABSL_GUARDED_BY(mutex_);

  FileWatch watch_;  // last: its thread uses what stands above
};

}  // namespace readcount::gateway
