#include "cli/doctor/config_checks.h"

#include <sys/stat.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/configured.h"
#include "cli/doctor/server_checks.h"

namespace readcount::cli {
namespace {

// Keys whose values are secrets, or hold one.
bool HoldsSecret(const Settings& settings, const std::string& key, const std::string& text) {
  if (key == "mysql.dsn") return !settings.mysql.dsn.password.empty();
  if (key == "redis.dsn") return !settings.redis.dsn.password.empty();
  return !text.empty() && (absl::EndsWith(key, "_token") || absl::EndsWith(key, ".tokens"));
}

// A key whose secret stands in the file at `path`; empty if there is none.
std::string SecretIn(const std::string& path, const Settings& settings) {
  for (const auto& [key, origin] : settings.origins) {
    if (absl::StartsWith(origin.place, path + ":") && HoldsSecret(settings, key, origin.text)) return key;
  }
  return "";
}

void CheckReaders(const std::string& check, const std::string& path, const std::string& holds,
                  Diagnoses& found) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) return;  // said elsewhere
  const std::string mode =
      absl::StrFormat("%s holds %s and has the mode %04o", path, holds, file.st_mode & 07777);
  if ((file.st_mode & S_IROTH) == 0) return found.Ok(check, mode);
  found.Problem(check, absl::StrCat(mode, ": every user of this machine may read it"),
                absl::StrCat("chmod 640 ", path, ", and give it to the group that the programs run as"));
}

void CheckService(const std::string& section, const Address& listen, const Settings& settings,
                  Diagnoses& found) {
  const std::string check = "listen." + section, key = section + ".listen";
  const std::string seen = absl::StrCat(settings.Where(key), " is ", listen.ToString());
  const bool tls = !Configured(settings, section + ".tls_certificate").empty();
  if (IsLoopback(listen.host)) return found.Ok(check, seen + ", which only this machine reaches");
  if (tls) return found.Ok(check, seen + ", with TLS");
  found.Warn(
      check, seen + ": others may reach it, there is no TLS, and whoever reaches it may record views or sync",
      absl::StrCat("set ", key, " to 127.0.0.1, or to an address in a network of the programs' own, or set ",
                   section, ".tls_certificate and ", section, ".tls_key"));
}

void CheckGateway(const Settings& settings, Diagnoses& found) {
  const std::string seen =
      absl::StrCat(settings.Where("gateway.listen"), " is ", settings.gateway.listen.ToString());
  const bool tls = !Configured(settings, "gateway.tls_certificate").empty();
  if (IsLoopback(settings.gateway.listen.host) || tls || settings.gateway.admin_token.empty())
    return found.Ok("listen.gateway", seen);
  found.Warn("listen.gateway", seen + " without TLS: gateway.admin_token crosses the network in clear",
             "put a reverse proxy with TLS in front and let the gateway listen on loopback");
}

void CheckMetrics(const Settings& settings, Diagnoses& found) {
  bool all_safe = true;
  const struct {
    const char* key;
    const std::optional<Address>& listen;
  } places[] = {{"article.metrics_listen", settings.article.metrics_listen},
                {"sync.metrics_listen", settings.sync.metrics_listen},
                {"gateway.metrics_listen", settings.gateway.metrics_listen}};
  for (const auto& place : places) {
    if (!place.listen.has_value() || IsLoopback(place.listen->host)) continue;
    all_safe = false;
    found.Warn(
        "listen.metrics",
        absl::StrCat(settings.Where(place.key), " is ", place.listen->ToString(),
                     ": whoever reaches it may read the metrics, without a password"),
        absl::StrCat("set ", place.key, " to 127.0.0.1, or to an address that only Prometheus reaches"));
  }
  if (all_safe) found.Ok("listen.metrics", "metrics are served on loopback or not at all");
}

}  // namespace

std::optional<Settings> CheckConfiguration(const Context& context, Diagnoses& found) {
  const std::string path = SettingsPath(context);
  absl::StatusOr<Settings> settings = ReadSettings(context);
  if (!settings.ok()) {
    found.Problem("config", std::string(settings.status().message()),
                  "correct it: no program starts with it. app.yaml of the sources explains each key");
    return std::nullopt;
  }
  if (path.empty()) {
    found.Warn("config", "there is no app.yaml here and no /etc/readcount/app.yaml",
               "name the programs' configuration by --config; the usual values are checked now");
  } else {
    found.Ok("config", path + " is valid");
  }
  return *std::move(settings);
}

void CheckSecrets(const Context& context, const Settings& settings, Diagnoses& found) {
  if (const std::string path = SettingsPath(context); !path.empty()) {
    if (const std::string key = SecretIn(path, settings); !key.empty())
      CheckReaders("config.secrets", path, absl::StrCat("a secret (", key, ")"), found);
  }
  const std::string tokens = Configured(settings, "auth.tokens_file");
  for (const std::string& path : {context.token_file, context.tls_key, tokens}) {
    if (!path.empty()) CheckReaders("token.secrets", path, "a secret", found);
  }
}

void CheckBinds(const Settings& settings, Diagnoses& found) {
  CheckService("article", settings.article.listen, settings, found);
  CheckService("sync", settings.sync.listen, settings, found);
  CheckGateway(settings, found);
  CheckMetrics(settings, found);
}

}  // namespace readcount::cli
