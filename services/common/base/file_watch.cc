#include "services/common/base/file_watch.h"

#include <sys/stat.h>

#include <utility>

namespace readcount {
namespace {

int64_t Nanoseconds(const timespec& time) {
  return absl::ToUnixNanos(absl::TimeFromTimespec(time));
}

}  // namespace

FileWatch::FileWatch(std::vector<std::string> paths, absl::Duration interval)
    : paths_(std::move(paths)), interval_(interval), told_(Look()), seen_(told_) {}

void FileWatch::Start(std::function<void()> changed) {
  if (paths_.empty()) return;
  poller_ = std::make_unique<Poller>(interval_, [this, changed = std::move(changed)] {
    std::vector<Stamp> now = Look();
    const bool settled = now == seen_;
    seen_ = std::move(now);
    if (!settled || seen_ == told_) return;
    told_ = seen_;
    changed();
  });
}

FileWatch::Stamp FileWatch::StampOf(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) return {};
  return {.device = file.st_dev,
          .inode = file.st_ino,
          .size = file.st_size,
          .modified_ns = Nanoseconds(file.st_mtim),
          .changed_ns = Nanoseconds(file.st_ctim)};
}

std::vector<FileWatch::Stamp> FileWatch::Look() const {
  std::vector<Stamp> stamps;
  stamps.reserve(paths_.size());
  for (const std::string& path : paths_) stamps.push_back(StampOf(path));
  return stamps;
}

bool OthersMayRead(const std::string& path) {
  struct stat file = {};
  return stat(path.c_str(), &file) == 0 && (file.st_mode & S_IROTH) != 0;
}

}  // namespace readcount
