#pragma once

#include <cstddef>

namespace readcount::gateway {

// Lets the process open `connections` sockets beside what else it needs, as far as the hard limit allows, and
// logs a warning if that is not enough. Never lowers the limit.
void AllowDescriptors(size_t connections);

}  // namespace readcount::gateway
