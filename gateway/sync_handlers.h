#pragma once

#include "gateway/admin_token.h"
#include "gateway/backends.h"
#include "gateway/response.h"
#include "gateway/router.h"

namespace readcount::gateway {

// GET and POST /api/sync. Thread-safe.
class SyncHandlers {
 public:
  // Both must outlive the last answer.
  SyncHandlers(SyncBackend& backend, const AdminToken& token) : backend_(backend), token_(token) {}

  // The status of the syncer.
  void Status(const Request& request, Respond respond) const;

  // Runs a sync and answers with its figures. Needs the admin token: 403 if none is configured, 401 without
  // the right one.
  void Run(const Request& request, Respond respond) const;

 private:
  SyncBackend& backend_;
  const AdminToken& token_;
};

}  // namespace readcount::gateway
