#include "cli/command.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "cli/environment_files.h"

namespace readcount::cli {
namespace {

constexpr char kUsualFile[] = "app.yaml";
constexpr char kNoFile[] = "/dev/null";  // an empty configuration

std::string PackageFile(const Context& context, absl::string_view name) {
  return absl::StrCat(context.package_folder, "/", name);
}

}  // namespace

std::string SettingsPath(const Context& context) {
  if (!context.config.empty()) return context.config;
  for (const std::string& path : {std::string(kUsualFile), PackageFile(context, kUsualFile)}) {
    if (access(path.c_str(), F_OK) == 0) return path;
  }
  return "";
}

std::vector<std::string> EnvironmentPaths(const Context& context) {
  std::error_code error;  // one of them is not there
  if (!std::filesystem::equivalent(SettingsPath(context), PackageFile(context, kUsualFile), error)) return {};
  return {PackageFile(context, "servers.env"), PackageFile(context, "gateway.env")};
}

absl::StatusOr<Settings> ReadSettings(const Context& context) {
  const std::string path = SettingsPath(context);
  if (!path.empty() && IsKeptSecret(path)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": cannot be read: ", std::strerror(EACCES), ": ", kRunAsReader));
  }
  absl::StatusOr<Settings> settings =
      LoadSettings(path.empty() ? kNoFile : path, WithFiles(context.environment, EnvironmentPaths(context)));
  if (absl::IsNotFound(settings.status())) return absl::InvalidArgumentError(settings.status().message());
  return settings;
}

}  // namespace readcount::cli
