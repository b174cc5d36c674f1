#include "services/common/config/variables.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/common/base/log.h"

namespace readcount {
namespace {

constexpr char kPrefix[] = "READCOUNT_";

// Read by the programs beside the keys, by the command line tool and by deploy/run.
constexpr absl::string_view kOthers[] = {"READCOUNT_BIN", "READCOUNT_FAIL_POINTS", "READCOUNT_STATE",
                                         "READCOUNT_TOKEN"};

// Of the names with one of these a mistake would leave a door open.
constexpr char kOfAuth[] = "READCOUNT_AUTH_", kOfTls[] = "_TLS_";

// More letters may well make another word.
constexpr size_t kMostMistyped = 2;

// Letters to add, drop or change to make one of the other (Levenshtein's distance).
size_t Distance(absl::string_view from, absl::string_view to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < from.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < to.size(); ++j) {
      const size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

// The key's variable that is most like `name`.
struct Nearest {
  std::string variable;
  size_t distance = std::numeric_limits<size_t>::max();
};

Nearest NearestTo(absl::string_view name, const Settings& settings) {
  Nearest nearest;
  for (const auto& [key, origin] : settings.origins) {
    const std::string variable = VariableOf(key);
    if (const size_t distance = Distance(name, variable); distance < nearest.distance)
      nearest = {.variable = variable, .distance = distance};
  }
  return nearest;
}

// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
bool IsOfAService(absl::string_view name) {
  return absl::EndsWith(name, "_SERVICE_HOST") || absl::EndsWith(name, "_PORT") ||
         absl::StrContains(name, "_PORT_");
}

// READCOUNT_SYNC_TLS_CERT, and not READCOUNT_SYNC alone.
bool IsBeginningOfOne(absl::string_view name, const Settings& settings) {
  return std::any_of(settings.origins.begin(), settings.origins.end(), [name](const auto& entry) {
    const absl::string_view key = entry.first;
    const std::string section = absl::StrCat(VariableOf(key.substr(0, key.find('.'))), "_");
    return name.size() > section.size() && absl::StartsWith(VariableOf(key), name);
  });
}

bool IsMistyped(absl::string_view name, const Nearest& nearest, const Settings& settings) {
  if (nearest.distance == 0 || IsOfAService(name)) return false;
  return nearest.distance <= kMostMistyped || absl::StartsWith(name, kOfAuth) ||
         absl::StrContains(name, kOfTls) || IsBeginningOfOne(name, settings);
}

}  // namespace

std::string VariableOf(absl::string_view key) {
  return absl::StrCat(kPrefix, absl::AsciiStrToUpper(absl::StrReplaceAll(key, {{".", "_"}})));
}

std::vector<std::string> OwnVariables() {
  std::vector<std::string> names;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const absl::string_view text = *entry;
    if (absl::StartsWith(text, kPrefix)) names.emplace_back(text.substr(0, text.find('=')));
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status CheckVariables(const Settings& settings, const std::vector<std::string>& names) {
  std::vector<std::string> faults;
  for (const std::string& name : names) {
    const Nearest nearest = NearestTo(name, settings);
    if (!IsMistyped(name, nearest, settings)) continue;
    faults.push_back(absl::StrCat("environment ", name, ": stands for no known key: correct it, to ",
                                  nearest.variable, " perhaps, or remove it"));
  }
  if (faults.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
}

void WarnOfVariables(const Settings& settings, const std::vector<std::string>& names) {
  std::vector<absl::string_view> unknown;
  for (const std::string& name : names) {
    const bool known = std::find(std::begin(kOthers), std::end(kOthers), name) != std::end(kOthers);
    if (!known && NearestTo(name, settings).distance != 0) unknown.emplace_back(name);
  }
  if (unknown.empty()) return;
  Log(LogLevel::kWarning, "unknown_variables",
      {{"names", absl::StrJoin(unknown, ",")},
       {"why", "they stand for no key of app.yaml and have no effect"}});
}

}  // namespace readcount
