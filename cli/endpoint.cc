#include "cli/endpoint.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/configured.h"
#include "services/common/base/file.h"

namespace readcount::cli {
namespace {

// `place` names the option or key that names the file.
absl::StatusOr<std::string> ReadText(const std::string& place, const std::string& path) {
  absl::StatusOr<std::string> text = ReadFileOrPipe(path);
  if (!text.ok())
    return absl::InvalidArgumentError(absl::StrCat(place, ": ", path, " ", text.status().message()));
  if (text->empty()) return absl::InvalidArgumentError(absl::StrCat(place, ": ", path, " is empty"));
  return text;
}

// Of the text of a file of tokens, one a line, lines with # apart; empty if it has none.
std::string FirstTokenIn(absl::string_view text) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty() && !absl::StartsWith(line, "#")) return std::string(line);
  }
  return "";
}

std::string ConfiguredToken(const Settings& settings) {
  const std::vector<std::string> tokens = absl::StrSplit(Configured(settings, "auth.tokens"), ',');
  std::string first(absl::StripAsciiWhitespace(tokens.front()));
  const std::string path = Configured(settings, "auth.tokens_file");
  if (!first.empty() || path.empty()) return first;
  // A file that this user may not read gives none: a service that needs no token is called all the same.
  return FirstTokenIn(ReadText("auth.tokens_file", path).value_or(""));
}

// The token, and where it comes from for messages.
struct Token {
  std::string text, place;
};

absl::StatusOr<Token> FindToken(const Context& context, const Settings& settings) {
  if (!context.token_file.empty()) {
    absl::StatusOr<std::string> text = ReadText("--token-file", context.token_file);
    if (!text.ok()) return text.status();
    std::string first = FirstTokenIn(*text);
    if (first.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--token-file: ", context.token_file,
                                                     " holds no token: put one on a line of its own"));
    }
    return Token{.text = std::move(first), .place = "--token-file"};
  }
  if (const auto given = context.environment("READCOUNT_TOKEN"); given.has_value() && !given->empty())
    return Token{.text = std::string(absl::StripAsciiWhitespace(*given)), .place = "READCOUNT_TOKEN"};
  return Token{.text = ConfiguredToken(settings), .place = "auth.tokens"};
}

// One PEM file: as the option names it, or else the key.
struct PemFile {
  const std::string option, given, key;
  std::string& text;
};

absl::Status ReadPem(const PemFile& file, const Settings& settings, Credentials& credentials) {
  const bool configured = file.given.empty();
  const std::string path = configured ? Configured(settings, file.key) : file.given;
  if (path.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> text = ReadText(configured ? settings.Where(file.key) : file.option, path);
  if (!text.ok()) return text.status();
  file.text = *std::move(text);
  credentials.tls = true;
  return absl::OkStatus();
}

enum class ShownToken { kNo, kYes };

absl::StatusOr<Endpoint> Resolve(const Context& context, Endpoint endpoint, const std::string& given,
                                 Address GatewaySettings::* configured, ShownToken shown) {
  absl::StatusOr<Settings> settings = ReadSettings(context);
  // Who says where to go need not be able to read the programs' own configuration.
  if (!settings.ok() && !given.empty() && context.config.empty()) settings = Settings();
  if (!settings.ok()) return settings.status();
  absl::StatusOr<Credentials> credentials = ReadTlsCredentials(context, *settings);
  if (!credentials.ok()) return credentials.status();
  endpoint.credentials = *std::move(credentials);
  if (shown == ShownToken::kYes) {
    absl::StatusOr<std::string> token = ReadToken(context, *settings);
    if (!token.ok()) return token.status();
    endpoint.credentials.token = *std::move(token);
  }
  endpoint.timeout = context.timeout;
  endpoint.address = given.empty() ? (settings->gateway.*configured).ToString() : given;
  return endpoint;
}

}  // namespace

absl::StatusOr<std::string> ReadToken(const Context& context, const Settings& settings) {
  const absl::StatusOr<Token> token = FindToken(context, settings);
  if (!token.ok()) return token.status();
  for (const char c : token->text) {
    if (absl::ascii_isgraph(static_cast<unsigned char>(c))) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(token->place,
                     ": the token holds a space or another character that no token has: put it there alone"));
  }
  return token->text;
}

absl::StatusOr<Credentials> ReadTlsCredentials(const Context& context, const Settings& settings) {
  if (context.tls_cert.empty() != context.tls_key.empty()) {
    return absl::InvalidArgumentError(
        "--tls-cert and --tls-key go together: give both, or neither if the services ask for no certificate");
  }
  Credentials credentials;
  for (const PemFile& file :
       {PemFile{"--tls-ca", context.tls_ca, "gateway.services_ca", credentials.ca},
        PemFile{"--tls-cert", context.tls_cert, "gateway.services_certificate", credentials.certificate},
        PemFile{"--tls-key", context.tls_key, "gateway.services_key", credentials.key}}) {
    if (absl::Status status = ReadPem(file, settings, credentials); !status.ok()) return status;
  }
  return credentials;
}

absl::StatusOr<Endpoint> ArticleEndpoint(const Context& context) {
  return Resolve(context, {.name = "the article service", .option = "--article-service"},
                 context.article_service, &GatewaySettings::article_service, ShownToken::kNo);
}

absl::StatusOr<Endpoint> SyncEndpoint(const Context& context) {
  return Resolve(context, {.name = "the sync service", .option = "--sync-service"}, context.sync_service,
                 &GatewaySettings::sync_service, ShownToken::kYes);
}

absl::StatusOr<Endpoint> GatewayEndpoint(const Context& context) {
  return Resolve(context, {.name = "the gateway", .option = "--gateway"}, context.gateway,
                 &GatewaySettings::listen, ShownToken::kNo);
}

}  // namespace readcount::cli
