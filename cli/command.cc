#include "cli/command.h"

#include <unistd.h>

#include <CLI/Error.hpp>
#include <CLI/Option.hpp>

#include "absl/strings/str_cat.h"

namespace readcount::cli {
namespace {

constexpr const char* kUsualFiles[] = {"app.yaml", "/etc/readcount/app.yaml"};
constexpr char kNoFile[] = "/dev/null";  // an empty configuration

}  // namespace

std::string SettingsPath(const Context& context) {
  if (!context.config.empty()) return context.config;
  for (const char* path : kUsualFiles) {
    if (access(path, F_OK) == 0) return path;
  }
  return "";
}

absl::StatusOr<Settings> ReadSettings(const Context& context) {
  const std::string path = SettingsPath(context);
  absl::StatusOr<Settings> settings = LoadSettings(path.empty() ? kNoFile : path, context.environment);
  if (absl::IsNotFound(settings.status())) return absl::InvalidArgumentError(settings.status().message());
  return settings;
}

CLI::Option* AddTimeOption(CLI::App& app, const std::string& name, absl::Duration& target,
                           absl::Duration least, absl::Duration most, const std::string& description) {
  const auto parse = [&target, name, least, most](const std::string& text) {
    if (!absl::ParseDuration(text, &target) || target < least || target > most) {
      throw CLI::ValidationError(
          name, absl::StrCat("'", text, "' is not a time from ", absl::FormatDuration(least), " to ",
                             absl::FormatDuration(most), ", for example 10s or 500ms"));
    }
  };
  return app.add_option_function<std::string>(name, parse, description)
      ->type_name("TIME")
      ->default_str(absl::FormatDuration(target));
}

}  // namespace readcount::cli
