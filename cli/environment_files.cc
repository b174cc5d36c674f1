#include "cli/environment_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "services/common/base/file.h"

namespace readcount::cli {
namespace {

constexpr absl::string_view kLineEnds = "\n\r", kBlanks = " \t";

bool IsIn(absl::string_view set, char c) {
  return absl::StrContains(set, c);
}

// The assignments of a file of variables, by the rules of EnvironmentFile= in systemd.exec(5).
class VariableReader {
 public:
  explicit VariableReader(absl::string_view text) : text_(text) {}

  // The next one's name and value; false at the end.
  bool Next(std::string& name, std::string& value) {
    while (SkipTo(text_.find_first_not_of(" \t\n\r"))) {
      if (IsIn("#;", text_.front())) {
        std::string comment;  // goes on behind a backslash as well
        ReadPlain(comment);
        continue;
      }
      name = TakeTo(text_.find_first_of("=\n\r"));
      absl::StripTrailingAsciiWhitespace(&name);
      if (!TakeIf('=')) continue;
      value = ReadValue();
      return true;
    }
    return false;
  }

 private:
  // Quoted parts, one after the other, and at last one without quotes.
  std::string ReadValue() {
    std::string value;
    while (SkipTo(text_.find_first_not_of(kBlanks)) && !AtLineEnd()) {
      const char first = text_.front();
      if (first != '"' && first != '\'') {
        ReadPlain(value);
        break;
      }
      text_.remove_prefix(1);
      first == '"' ? ReadDoubleQuoted(value) : ReadSingleQuoted(value);
    }
    return value;
  }

  // To the end of the line, which a backslash continues. Blanks at its end count only behind a backslash.
  void ReadPlain(std::string& value) {
    size_t kept = value.size();
    while (!text_.empty() && !AtLineEnd()) {
      const bool escaped = TakeIf('\\');
      if (escaped && text_.empty()) break;
      const char c = Take();
      if (escaped && IsIn(kLineEnds, c)) continue;
      value += c;
      if (escaped || !IsIn(kBlanks, c)) kept = value.size();
    }
    value.resize(kept);
  }

  void ReadSingleQuoted(std::string& value) {
    while (!text_.empty() && !TakeIf('\'')) value += Take();
  }

  // A backslash stands for itself except before what a shell would read otherwise, and at the end of a line.
  void ReadDoubleQuoted(std::string& value) {
    while (!text_.empty() && !TakeIf('"')) {
      if (!TakeIf('\\')) {
        value += Take();
        continue;
      }
      if (text_.empty() || TakeIf('\n')) continue;
      if (!IsIn("\"\\`$", text_.front())) value += '\\';
      value += Take();
    }
  }

  bool AtLineEnd() const { return IsIn(kLineEnds, text_.front()); }

  char Take() {
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }

  bool TakeIf(char c) { return absl::ConsumePrefix(&text_, absl::string_view(&c, 1)); }

  std::string TakeTo(size_t place) {
    std::string taken(text_.substr(0, place));
    text_.remove_prefix(taken.size());
    return taken;
  }

  // False at the end of the text.
  bool SkipTo(size_t place) {
    text_.remove_prefix(std::min(place, text_.size()));
    return !text_.empty();
  }

  absl::string_view text_;
};

std::map<std::string, std::string> ReadVariables(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadRegularFile(path);
  if (!text.ok()) return {};
  std::map<std::string, std::string> variables;
  VariableReader reader(*text);
  for (std::string name, value; reader.Next(name, value);) {
    if (absl::StartsWith(name, "READCOUNT_")) variables.insert_or_assign(name, value);
  }
  return variables;
}

}  // namespace

Environment WithFiles(Environment first, const std::vector<std::string>& paths) {
  std::map<std::string, std::string> variables;
  for (const std::string& path : paths) variables.merge(ReadVariables(path));
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
