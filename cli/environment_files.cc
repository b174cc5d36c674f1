#include "cli/environment_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace readcount::cli {
namespace {

absl::string_view WithoutQuotes(absl::string_view value) {
  const bool quoted =
      value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
  return quoted ? value.substr(1, value.size() - 2) : value;
}

void ReadFile(const std::string& path, std::map<std::string, std::string>& variables) {
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    const absl::string_view line = absl::StripAsciiWhitespace(text);
    const size_t equals = line.find('=');
    if (!absl::StartsWith(line, "READCOUNT_") || equals == absl::string_view::npos) continue;
    variables.emplace(absl::StripAsciiWhitespace(line.substr(0, equals)),
                      WithoutQuotes(absl::StripAsciiWhitespace(line.substr(equals + 1))));
  }
}

}  // namespace

Environment WithFiles(Environment first, const std::vector<std::string>& paths) {
  std::map<std::string, std::string> variables;
  for (const std::string& path : paths) ReadFile(path, variables);
  return [first = std::move(first),
          variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    if (std::optional<std::string> value = first(name); value.has_value()) return value;
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

bool IsKeptSecret(const std::string& path) {
  return faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES;
}

}  // namespace readcount::cli
