#include "cli/doctor/config_checks.h"

#include <sys/stat.h>

#include <memory>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/configured.h"
#include "cli/doctor/server_checks.h"
#include "cli/environment_files.h"
#include "services/common/auth/auth_gate.h"
#include "services/common/auth/token_store.h"
#include "services/common/rpc/listen_socket.h"

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

// An address of gRPC; `others` says what may happen where others reach it.
void CheckService(const std::string& section, const Address& listen, const std::string& others,
                  const Settings& settings, Diagnoses& found) {
  const std::string check = "listen." + section, key = section + ".listen";
  const std::string seen = absl::StrCat(settings.Where(key), " is ", listen.ToString());
  const bool tls = !Configured(settings, section + ".tls_certificate").empty();
  if (!IsReachable(listen)) return found.Ok(check, seen + ", which only this machine reaches");
  if (tls) return found.Ok(check, seen + ", with TLS");
  found.Warn(
      check, absl::StrCat(seen, ": others may reach it, there is no TLS, and ", others),
      absl::StrCat("set ", key, " to 127.0.0.1, or to an address in a network of the programs' own, or set ",
                   section, ".tls_certificate and ", section, ".tls_key"));
}

// sync-service does not start where anybody could run syncs.
void CheckSync(const Settings& settings, Diagnoses& found) {
  const absl::StatusOr<std::unique_ptr<TokenStore>> tokens = TokenStore::Open(settings);
  if (!tokens.ok()) {
    return found.Problem(
        "listen.sync", std::string(tokens.status().message()),
        absl::StrCat("correct it, or where only this user may not read the file, ", kRunAsReader));
  }
  const absl::Status sound = RequireCredentials(settings, **tokens, IsReachable(settings.sync.listen));
  if (sound.ok()) {
    return CheckService("sync", settings.sync.listen, "tokens and what is read cross the network in clear",
                        settings, found);
  }
  const std::string text(sound.message());
  const size_t colon = text.rfind(": ");
  found.Problem("listen.sync", text.substr(0, colon) + ": sync-service does not start",
                text.substr(colon + 2));
}

void CheckGateway(const Settings& settings, Diagnoses& found) {
  const std::string seen =
      absl::StrCat(settings.Where("gateway.listen"), " is ", settings.gateway.listen.ToString());
  const bool tls = !Configured(settings, "gateway.tls_certificate").empty();
  const bool tokens = !Configured(settings, "auth.tokens").empty() ||
                      !Configured(settings, "auth.tokens_file").empty() ||
                      !settings.gateway.admin_token.empty();
  if (!IsReachable(settings.gateway.listen) || tls || !tokens) return found.Ok("listen.gateway", seen);
  found.Warn("listen.gateway",
             seen +
                 " without TLS: the tokens of auth.tokens, auth.tokens_file or gateway.admin_token cross "
                 "the network in clear",
             "set gateway.tls_certificate and gateway.tls_key, or put a reverse proxy with TLS in front and "
             "let the gateway listen on loopback");
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
    if (!place.listen.has_value() || !IsReachable(*place.listen)) continue;
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
                  absl::StrContains(settings.status().message(), kRunAsReader)
                      ? kRunAsReader
                      : "correct it: no program starts with it. app.yaml of the sources explains each key");
    return std::nullopt;
  }
  if (path.empty()) {
    found.Warn("config", "there is no app.yaml here and no /etc/readcount/app.yaml",
               "name the programs' configuration by --config; the usual values are checked now");
  } else {
    found.Ok("config", path + " is valid");
  }
  for (const std::string& file : EnvironmentPaths(context)) {
    if (!IsKeptSecret(file)) continue;
    found.Warn("config", file + " cannot be read by this user: what it sets is not known here", kRunAsReader);
  }
  return *std::move(settings);
}

void CheckSecrets(const Context& context, const Settings& settings, Diagnoses& found) {
  if (const std::string path = SettingsPath(context); !path.empty()) {
    if (const std::string key = SecretIn(path, settings); !key.empty())
      CheckReaders("config.secrets", path, absl::StrCat("a secret (", key, ")"), found);
  }
  for (const std::string& path : EnvironmentPaths(context))
    CheckReaders("config.secrets", path, "secrets", found);
  for (const std::string& path : {context.token_file, Configured(settings, "auth.tokens_file")}) {
    if (!path.empty()) CheckReaders("token.secrets", path, "a token", found);
  }
  std::set<std::string> keys = {context.tls_key};
  for (const char* key : {"article.tls_key", "sync.tls_key", "gateway.tls_key", "gateway.services_key"})
    keys.insert(Configured(settings, key));
  for (const std::string& path : keys) {
    if (!path.empty()) CheckReaders("tls.secrets", path, "a private key", found);
  }
}

void CheckBinds(const Settings& settings, Diagnoses& found) {
  CheckService("article", settings.article.listen, "whoever reaches it may record views", settings, found);
  CheckSync(settings, found);
  CheckGateway(settings, found);
  CheckMetrics(settings, found);
}

}  // namespace readcount::cli
