#include "cli/doctor/machine_checks.h"

#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace readcount::cli {
namespace {

// Beside clients' connections: Redis, MySQL, the log, what the libraries open.
constexpr uint64_t kBesideConnections = 64;

constexpr unsigned long kTmpfs = TMPFS_MAGIC, kRamfs = RAMFS_MAGIC, kNfs = NFS_SUPER_MAGIC,
                        kCifs = 0xFF534D42;

// What is wrong with the file system; empty if nothing is.
std::string Unfit(const std::string& folder) {
  struct statfs file_system = {};
  if (statfs(folder.c_str(), &file_system) != 0) return "";
  const auto type = static_cast<unsigned long>(file_system.f_type);
  if (type == kTmpfs || type == kRamfs) return "is in memory, which a restart of the machine empties";
  if (type == kNfs || type == kCifs) return "is on another machine";
  return "";
}

}  // namespace

void CheckSpool(const Settings& settings, Diagnoses& found) {
  const std::string& spool = settings.article.spool;
  if (spool.empty()) {
    return found.Warn("spool",
                      settings.Where("article.spool") + " is empty: views are refused while Redis is away",
                      "name a file on a local disk, for example /var/lib/readcount/spool.db");
  }
  const std::string parent = std::filesystem::path(spool).parent_path().string();
  const std::string folder = parent.empty() ? "." : parent;
  const bool there = access(spool.c_str(), F_OK) == 0;
  if (access(folder.c_str(), W_OK | X_OK) != 0 || (there && access(spool.c_str(), R_OK | W_OK) != 0)) {
    return found.Problem(
        "spool",
        absl::StrCat(settings.Where("article.spool"), ": ", spool, " cannot be written by this user (uid ",
                     geteuid(), "): ", std::strerror(errno)),
        absl::StrCat("make ", folder,
                     " and give it to the user that article-service runs as, or run "
                     "doctor as that user"));
  }
  if (const std::string unfit = Unfit(folder); !unfit.empty()) {
    return found.Warn("spool", absl::StrCat("article.spool: ", spool, " ", unfit),
                      "name a file on a local disk");
  }
  struct statvfs space = {};
  if (statvfs(folder.c_str(), &space) == 0) {
    const uint64_t free = uint64_t{space.f_bavail} * space.f_frsize;
    if (free < settings.article.spool_max_bytes && !there) {
      return found.Warn("spool",
                        absl::StrCat(folder, " has ", free, " bytes free, and article.spool_max_bytes is ",
                                     settings.article.spool_max_bytes),
                        "make space, or lower article.spool_max_bytes");
    }
  }
  found.Ok("spool", spool + " can be written");
}

void JudgeDescriptors(const std::string& check, const std::string& who, uint64_t allowed, size_t connections,
                      Diagnoses& found) {
  const uint64_t needed = connections + kBesideConnections;
  const std::string seen = absl::StrCat(who, " may open ", allowed, " files, and its settings allow ",
                                        connections, " connections");
  if (allowed >= needed) return found.Ok(check, seen);
  found.Warn(check, seen + ": clients are refused before that",
             absl::StrCat("raise the limit to ", needed, " (ulimit -n, LimitNOFILE of the unit), or lower ",
                          who == "gateway" ? "gateway" : "grpc", ".max_connections"));
}

void CheckDescriptors(const Settings& settings, Diagnoses& found) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  JudgeDescriptors("descriptors", "a service that is started from here", limit.rlim_cur,
                   settings.grpc.max_connections, found);
  // The gateway raises its limit itself, as far as it may.
  JudgeDescriptors("descriptors", "gateway", limit.rlim_max, settings.gateway.max_connections, found);
}

}  // namespace readcount::cli
