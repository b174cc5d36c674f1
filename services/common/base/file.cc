#include "services/common/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "services/common/base/file_descriptor.h"

namespace readcount {
namespace {

std::string CannotBeRead(int error) {
  return absl::StrCat("cannot be read: ", std::strerror(error));
}

absl::StatusOr<FileDescriptor> Open(const std::string& path, int flags) {
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (file.get() < 0) return absl::NotFoundError(CannotBeRead(errno));
  return file;
}

absl::StatusOr<mode_t> ModeOf(const FileDescriptor& file) {
  struct stat found = {};
  if (fstat(file.get(), &found) != 0) return absl::InvalidArgumentError(CannotBeRead(errno));
  if (S_ISDIR(found.st_mode)) return absl::InvalidArgumentError("is a directory, not a file");
  return found.st_mode;
}

absl::StatusOr<std::string> ReadToEnd(const FileDescriptor& file) {
  std::string text;
  std::array<char, 16384> part;
  for (;;) {
    const ssize_t size = read(file.get(), part.data(), part.size());
    if (size == 0) return text;
    if (size > 0) {
      text.append(part.data(), static_cast<size_t>(size));
    } else if (errno != EINTR) {
      return absl::InvalidArgumentError(CannotBeRead(errno));
    }
  }
}

}  // namespace

absl::StatusOr<std::string> ReadFileOrPipe(const std::string& path) {
  const absl::StatusOr<FileDescriptor> file = Open(path, 0);
  if (!file.ok()) return file.status();
  if (const absl::StatusOr<mode_t> mode = ModeOf(*file); !mode.ok()) return mode.status();
  return ReadToEnd(*file);
}

absl::StatusOr<std::string> ReadRegularFile(const std::string& path) {
  // Opening a pipe waits for its writer without the flag.
  const absl::StatusOr<FileDescriptor> file = Open(path, O_NONBLOCK);
  if (!file.ok()) return file.status();
  const absl::StatusOr<mode_t> mode = ModeOf(*file);
  if (!mode.ok()) return mode.status();
  if (!S_ISREG(*mode)) return absl::InvalidArgumentError("is no regular file, but a pipe or device");
  return ReadToEnd(*file);
}

}  // namespace readcount
