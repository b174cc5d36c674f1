#pragma once

#include "gateway/backends.h"
#include "gateway/response.h"
#include "gateway/router.h"

namespace readcount::gateway {

// GET /healthz and GET /readyz. Thread-safe.
class HealthHandlers {
 public:
  // `backend` must outlive the last answer.
  explicit HealthHandlers(HealthBackend& backend) : backend_(backend) {}

  // 200 as long as the process answers at all.
  void Alive(const Request& request, Respond respond) const;

  // 200 if ArticleService is serving, else 503 with what is not; tells the state of SyncService as well,
  // which no reader needs.
  void Ready(const Request& request, Respond respond) const;

 private:
  HealthBackend& backend_;
};

}  // namespace readcount::gateway
