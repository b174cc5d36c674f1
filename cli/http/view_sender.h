#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "cli/load/view_sender.h"

namespace readcount::cli {

// Sends each view as GET /api/article/{id} to the gateway at `address`, host:port, over one connection.
std::unique_ptr<ViewSender> MakeHttpSender(const std::string& address, absl::Duration timeout);

}  // namespace readcount::cli
