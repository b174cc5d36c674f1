#pragma once

#include "absl/strings/string_view.h"
#include "gateway/http.h"

namespace readcount::gateway {

// Says that the response depends on the request header `name` (RFC 9110, section 12.5.5), in one Vary header
// for all of them.
void AddVary(Response& response, absl::string_view name);

}  // namespace readcount::gateway
