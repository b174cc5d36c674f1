#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace readcount {

// One scalar of a configuration file and where it stands, as `app.yaml:12`.
struct ConfigValue {
  std::string text;
  std::string place;
};

// The file's scalars by dotted key: `sync.interval`.
using ConfigDocument = std::map<std::string, ConfigValue, std::less<>>;

// Reads a YAML file of sections of scalars, or a pipe. NOT_FOUND if it cannot be opened; INVALID_ARGUMENT if
// it is a directory or cannot be read, and with file and line if it is not YAML, holds several documents, a
// key stands twice, or a value is a list or nested too deep.
absl::StatusOr<ConfigDocument> ReadConfigDocument(const std::string& path);

// The same from text; `name` stands for the file in messages.
absl::StatusOr<ConfigDocument> ParseConfigDocument(const std::string& text, const std::string& name);

}  // namespace readcount
