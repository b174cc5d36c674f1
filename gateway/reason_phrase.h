#pragma once

#include "absl/strings/string_view.h"

namespace readcount::gateway {

// The words beside an HTTP status, by IANA's registry; empty for a status that the gateway does not answer.
absl::string_view ReasonPhrase(int status);

}  // namespace readcount::gateway
