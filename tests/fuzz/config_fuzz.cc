#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/common/config/document.h"
#include "services/common/config/settings.h"
#include "tests/fuzz/fuzz.h"

namespace readcount {
namespace {

constexpr char kName[] = "fuzz.yaml";

std::string Variable(absl::string_view key) {
  return "READCOUNT_" + absl::AsciiStrToUpper(absl::StrReplaceAll(key, {{".", "_"}}));
}

bool Within(absl::Duration time, absl::Duration least, absl::Duration most) {
  return least <= time && time <= most;
}

void CheckSettings(const Settings& settings) {
  fuzz::Require(settings.mysql.connections >= 1 && settings.mysql.connections <= 256, "mysql.connections");
  fuzz::Require(std::abs(settings.mysql.datetime_offset_minutes) < 15 * 60, "mysql.datetime_offset");
  fuzz::Require(Within(settings.redis.reply_timeout, absl::Milliseconds(1), absl::Minutes(1)),
                "redis.reply_timeout");
  fuzz::Require(Within(settings.article.cache_ttl, absl::ZeroDuration(), absl::Hours(24)),
                "article.cache_ttl");
  fuzz::Require(
      !settings.sync.interval || Within(*settings.sync.interval, absl::Milliseconds(10), absl::Hours(24)),
      "sync.interval");
  fuzz::Require(settings.sync.chunk_articles >= 1 && settings.sync.chunk_articles <= 100'000,
                "sync.chunk_articles");
  fuzz::Require(settings.gateway.max_header_bytes >= 256, "gateway.max_header_bytes");
  fuzz::Require(!settings.gateway.listen.host.empty(), "gateway.listen");
  const auto offset = settings.origins.find("mysql.datetime_offset");
  fuzz::Require(offset != settings.origins.end(), "every key has an origin");
  fuzz::Require(offset->second.text.empty() ||
                    (settings.mysql.datetime_offset_minutes < 0) <= (offset->second.text[0] == '-'),
                "an offset has the sign that it was given");
}

}  // namespace

// The document's values go to the settings by the environment, so that no file is needed.
int FuzzConfig(const std::string& text) {
  const absl::StatusOr<ConfigDocument> document = ParseConfigDocument(text, kName);
  if (!document.ok()) {
    fuzz::Require(absl::IsInvalidArgument(document.status()) &&
                      absl::StartsWith(document.status().message(), absl::StrCat(kName, ":")),
                  "a fault names the file and line");
    return 0;
  }
  std::map<std::string, std::string> variables;
  for (const auto& [key, value] : *document) {
    fuzz::Require(absl::StartsWith(value.place, absl::StrCat(kName, ":")), "a value knows its place");
    variables[Variable(key)] = value.text;
  }
  const absl::StatusOr<Settings> settings =
      LoadSettings("/dev/null", [&](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
      });
  if (settings.ok()) {
    CheckSettings(*settings);
  } else {
    fuzz::Require(absl::IsInvalidArgument(settings.status()) &&
                      absl::StartsWith(settings.status().message(), "environment READCOUNT_"),
                  "a fault names its variable");
  }
  return 0;
}

}  // namespace readcount

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return readcount::FuzzConfig({reinterpret_cast<const char*>(data), size});
}
