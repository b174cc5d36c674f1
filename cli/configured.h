#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/common/config/settings.h"

namespace readcount::cli {

// The text that the configuration or the environment gives a key; empty if neither does.
inline std::string Configured(const Settings& settings, absl::string_view key) {
  const auto found = settings.origins.find(key);
  return found == settings.origins.end() ? "" : found->second.text;
}

}  // namespace readcount::cli
