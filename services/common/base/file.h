#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace readcount {

// What a file holds, to its end. NOT_FOUND if it cannot be opened, INVALID_ARGUMENT if it is a directory or
// cannot be read; messages say why, to be put behind the file's name. Of a pipe, as /dev/stdin may be, it
// waits until the writer has closed it.
absl::StatusOr<std::string> ReadFileOrPipe(const std::string& path);

// The same for a file that is read again while others wait: INVALID_ARGUMENT if it is no regular file, so
// that it never waits for a writer.
absl::StatusOr<std::string> ReadRegularFile(const std::string& path);

}  // namespace readcount
