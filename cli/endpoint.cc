#include "cli/endpoint.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace readcount::cli {
namespace {

absl::Status ReadFile(const std::string& option, const std::string& path, std::string& text) {
  if (path.empty()) return absl::OkStatus();
  std::ifstream file(path);
  text.assign(std::istreambuf_iterator<char>(file), {});
  if (file.is_open() && !file.bad() && !text.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": ", path, file.is_open() ? " is empty or no file" : " cannot be read: ",
                   file.is_open() ? "" : std::strerror(errno)));
}

absl::Status ReadToken(const Context& context, std::string& token) {
  if (absl::Status status = ReadFile("--token-file", context.token_file, token); !status.ok()) return status;
  if (context.token_file.empty()) token = context.environment("READCOUNT_TOKEN").value_or("");
  absl::StripAsciiWhitespace(&token);
  for (const char c : token) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError(
          absl::StrCat(context.token_file.empty() ? "READCOUNT_TOKEN" : "--token-file",
                       ": the token holds a space or another character that no "
                       "token has: put the token alone there"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Endpoint> Resolve(const Context& context, Endpoint endpoint, const std::string& given,
                                 Address GatewaySettings::* configured) {
  absl::StatusOr<Credentials> credentials = ReadCredentials(context);
  if (!credentials.ok()) return credentials.status();
  endpoint.credentials = *std::move(credentials);
  endpoint.timeout = context.timeout;
  endpoint.address = given;
  if (!given.empty()) return endpoint;
  const absl::StatusOr<Settings> settings = ReadSettings(context);
  if (!settings.ok()) return settings.status();
  endpoint.address = (settings->gateway.*configured).ToString();
  return endpoint;
}

}  // namespace

absl::StatusOr<Credentials> ReadCredentials(const Context& context) {
  Credentials credentials;
  if (absl::Status status = ReadToken(context, credentials.token); !status.ok()) return status;
  if (context.tls_cert.empty() != context.tls_key.empty()) {
    return absl::InvalidArgumentError(
        "--tls-cert and --tls-key go together: give both, or neither if the services ask for no certificate");
  }
  const struct {
    const char* option;
    const std::string& path;
    std::string& text;
  } files[] = {{"--tls-ca", context.tls_ca, credentials.ca},
               {"--tls-cert", context.tls_cert, credentials.certificate},
               {"--tls-key", context.tls_key, credentials.key}};
  for (const auto& file : files) {
    if (absl::Status status = ReadFile(file.option, file.path, file.text); !status.ok()) return status;
    credentials.tls = credentials.tls || !file.path.empty();
  }
  return credentials;
}

absl::StatusOr<Endpoint> ArticleEndpoint(const Context& context) {
  return Resolve(context, {.name = "the article service", .option = "--article-service"},
                 context.article_service, &GatewaySettings::article_service);
}

absl::StatusOr<Endpoint> SyncEndpoint(const Context& context) {
  return Resolve(context, {.name = "the sync service", .option = "--sync-service"}, context.sync_service,
                 &GatewaySettings::sync_service);
}

absl::StatusOr<Endpoint> GatewayEndpoint(const Context& context) {
  return Resolve(context, {.name = "the gateway", .option = "--gateway"}, context.gateway,
                 &GatewaySettings::listen);
}

}  // namespace readcount::cli
