#pragma once

#include "absl/status/status.h"

namespace readcount {

// What to do when file descriptors have run out; ends a message.
inline constexpr char kRaiseDescriptorLimit[] =
    "no file descriptor is left: raise the limit of open files, by ulimit -n or the unit's LimitNOFILE";

// UNAVAILABLE unless this process can open as many files as a program needs to start. To be asked first: gRPC
// and Boost end the process where they find none.
absl::Status RequireDescriptors();

}  // namespace readcount
