#include "tests/support/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace readcount::testing {
namespace {

namespace fs = std::filesystem;

std::string Failure(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

// In a user namespace where this user is root, as unshare --map-root-user does.
std::string BecomeRoot() {
  const std::string user = std::to_string(geteuid()), group = std::to_string(getegid());
  if (unshare(CLONE_NEWUSER) != 0) return Failure("no user namespace can be made");
  const auto write = [](const char* file, const std::string& text) {
    return static_cast<bool>(std::ofstream(file) << text << std::flush);
  };
  if (write("/proc/self/setgroups", "deny") && write("/proc/self/uid_map", "0 " + user + " 1") &&
      write("/proc/self/gid_map", "0 " + group + " 1"))
    return "";
  return Failure("the user cannot be mapped to root");
}

uint64_t BytesIn(const std::string& directory) {
  uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

}  // namespace

std::string SmallDisk::Prepare() {
  if (unshare(CLONE_NEWNS) != 0) {
    if (std::string failure = BecomeRoot(); !failure.empty()) return failure;
    if (unshare(CLONE_NEWNS) != 0) return Failure("no mount namespace can be made");
  }
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return Failure("mounts cannot be made private");
  return "";
}

SmallDisk::SmallDisk(std::string directory, uint64_t spare) : directory_(std::move(directory)) {
  const TempDir aside;
  const std::string options = "size=" + std::to_string(BytesIn(directory_) + spare);
  if (mount("none", aside.path().c_str(), "tmpfs", 0, options.c_str()) != 0)
    throw std::runtime_error(Failure("a tmpfs cannot be mounted"));
  fs::copy(directory_, aside.path(), fs::copy_options::recursive);
  if (mount(aside.path().c_str(), directory_.c_str(), nullptr, MS_MOVE, nullptr) != 0)
    throw std::runtime_error(Failure("a mount cannot be moved to " + directory_));
}

SmallDisk::~SmallDisk() {
  umount2(directory_.c_str(), MNT_DETACH);
}

void SmallDisk::Fill() const {
  const int file = open(Filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  constexpr std::array<char, 4096> kPage = {};
  ssize_t written = 0;
  while (written >= 0) written = write(file, kPage.data(), kPage.size());
  const int error = errno;
  close(file);
  if (error != ENOSPC)
    throw std::runtime_error("the disk cannot be filled: " + std::string(std::strerror(error)));
}

void SmallDisk::Free() const {
  fs::remove(Filler());
}

}  // namespace readcount::testing
