#pragma once

#include <concepts>
#include <initializer_list>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace readcount {

enum class LogLevel {
  kDebug,
  kInfo,
  kWarning,
  kError,
  kNone,  // as the lowest: nothing is written
};

// One `key=value` of a log line.
struct LogField {
  LogField(absl::string_view k, absl::string_view v) : key(k), value(v) {}
  LogField(absl::string_view k, const char* v) : key(k), value(v) {}
  LogField(absl::string_view k, const absl::Status& status) : key(k), value(status.ToString()) {}
  LogField(absl::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
  template <typename Number>
    requires std::integral<Number> || std::floating_point<Number>
  LogField(absl::string_view k, Number v) : key(k), value(absl::StrCat(v)) {}

  absl::string_view key;
  std::string value;
};

// Sets the program's name and the lowest level that is written. Lines go to standard error in logfmt:
//   2026-01-02T03:04:05.678Z info sync-service run_finished articles=2 views=7
// Until this is called, warnings and errors are written.
void InitLogging(absl::string_view program, LogLevel lowest);

// True if a line of this level would be written: ask before building costly fields.
bool LogEnabled(LogLevel level);

// Writes one line. `event` is a constant snake_case name; values are quoted where they need it.
// Thread-safe.
void Log(LogLevel level, absl::string_view event, std::initializer_list<LogField> fields = {});

}  // namespace readcount
