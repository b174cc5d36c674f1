#pragma once

#include <memory>

#include "cli/endpoint.h"
#include "cli/load/view_sender.h"

namespace readcount::cli {

// Sends up to 1000 views in a message of one ViewArticles stream, counts only.
std::unique_ptr<ViewSender> MakeStreamSender(const Endpoint& endpoint);

// Sends each view by a ViewArticle call.
std::unique_ptr<ViewSender> MakeUnarySender(const Endpoint& endpoint);

}  // namespace readcount::cli
