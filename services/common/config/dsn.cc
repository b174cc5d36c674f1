#include "services/common/config/dsn.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace readcount {
namespace {

constexpr uint16_t kMysqlPort = 3306;
constexpr uint16_t kRedisPort = 6379;
constexpr int kRedisDatabases = 1 << 14;

std::optional<std::string> PercentDecode(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !absl::ascii_isxdigit(text[i + 1]) || !absl::ascii_isxdigit(text[i + 2])) {
      return std::nullopt;
    }
    decoded += absl::HexStringToBytes(text.substr(i + 1, 2));
    i += 2;
  }
  return decoded;
}

// A URL in its parts, still percent-encoded.
struct Url {
  absl::string_view scheme, user, password, host, port, path;
  std::map<absl::string_view, absl::string_view> query;
};

// An @ behind the server is refused: there it is, as a rule, what a / or ? in the password has cut off, which
// would then pass for a name that may be shown.
absl::StatusOr<Url> SplitUrl(absl::string_view text) {
  Url url;
  const size_t scheme_end = text.find("://");
  if (scheme_end == absl::string_view::npos) return absl::InvalidArgumentError("has no scheme");
  url.scheme = text.substr(0, scheme_end);
  text.remove_prefix(scheme_end + 3);
  const size_t server_end = std::min(text.find_first_of("/?"), text.size());
  if (url.scheme != "unix" && absl::StrContains(text.substr(server_end), '@'))
    return absl::InvalidArgumentError("has an @ behind the server");
  if (const size_t mark = text.find('?'); mark != absl::string_view::npos) {
    for (absl::string_view pair : absl::StrSplit(text.substr(mark + 1), '&')) {
      const std::pair<absl::string_view, absl::string_view> parts =
          absl::StrSplit(pair, absl::MaxSplits('=', 1));
      url.query[parts.first] = parts.second;
    }
    text = text.substr(0, mark);
  }
  const size_t slash = std::min(text.find('/'), text.size());
  absl::string_view authority = text.substr(0, slash);
  url.path = text.substr(std::min(slash + 1, text.size()));
  if (const size_t at = authority.rfind('@'); at != absl::string_view::npos) {
    const std::pair<absl::string_view, absl::string_view> login =
        absl::StrSplit(authority.substr(0, at), absl::MaxSplits(':', 1));
    std::tie(url.user, url.password) = login;
    authority.remove_prefix(at + 1);
  }
  if (absl::StartsWith(authority, "[")) {
    const size_t close = authority.find(']');
    if (close == absl::string_view::npos) return absl::InvalidArgumentError("has no ] after the host");
    url.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
    if (!authority.empty() && authority[0] != ':')
      return absl::InvalidArgumentError("has text after the host's ]");
    url.port = authority.substr(authority.empty() ? 0 : 1);
  } else {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(authority, absl::MaxSplits(':', 1));
    std::tie(url.host, url.port) = parts;
  }
  return url;
}

absl::Status FillServer(const Url& url, uint16_t default_port, Dsn& dsn) {
  const std::optional<std::string> user = PercentDecode(url.user), password = PercentDecode(url.password);
  if (!user || !password)
    return absl::InvalidArgumentError("has a bad percent escape in the user or password");
  dsn.user = *user;
  dsn.password = *password;
  dsn.host = std::string(url.host);
  dsn.port = default_port;
  if (!url.port.empty()) {
    // Not shown: it may be the password of a URL that names no host, of digits too.
    int port = 0;
    if (!std::all_of(url.port.begin(), url.port.end(), absl::ascii_isdigit) ||
        !absl::SimpleAtoi(url.port, &port) || port < 1 || port > 65535) {
      return absl::InvalidArgumentError("has a port that is no number from 1 to 65535");
    }
    dsn.port = static_cast<uint16_t>(port);
  }
  return absl::OkStatus();
}

absl::Status RefuseUnknown(const Url& url, std::initializer_list<absl::string_view> known) {
  for (const auto& [name, value] : url.query) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return absl::InvalidArgumentError(absl::StrCat("has an unknown parameter '", name, "'"));
  }
  return absl::OkStatus();
}

absl::Status FillSocket(const Url& url, absl::string_view parameter, Dsn& dsn) {
  if (const auto found = url.query.find(parameter); parameter == "socket" && found != url.query.end()) {
    const std::optional<std::string> path = PercentDecode(found->second);
    if (!path || !absl::StartsWith(*path, "/"))
      return absl::InvalidArgumentError("needs an absolute path as socket");
    dsn.socket = *path;
    dsn.host.clear();
    dsn.port = 0;
  } else if (dsn.host.empty()) {
    return absl::InvalidArgumentError("names no host");
  }
  return absl::OkStatus();
}

absl::Status FillTls(const Url& url, Dsn& dsn) {
  for (const auto& [parameter, file] :
       {std::pair("ssl_ca", &dsn.tls.ca), {"ssl_cert", &dsn.tls.certificate}, {"ssl_key", &dsn.tls.key}}) {
    const auto found = url.query.find(parameter);
    if (found == url.query.end()) continue;
    const std::optional<std::string> path = PercentDecode(found->second);
    if (!path || path->empty())
      return absl::InvalidArgumentError(absl::StrCat("needs a file as ", parameter));
    *file = *path;
    dsn.uses_tls = true;
  }
  if (const auto verify = url.query.find("ssl_verify"); verify != url.query.end()) {
    if (verify->second != "yes" && verify->second != "no")
      return absl::InvalidArgumentError("needs yes or no as ssl_verify");
    dsn.tls_verify = verify->second == "yes";
    dsn.uses_tls = true;
  }
  if (dsn.tls.certificate.empty() != dsn.tls.key.empty())
    return absl::InvalidArgumentError("needs ssl_cert and ssl_key together");
  if (dsn.uses_tls && dsn.tls.ca.empty() && (dsn.tls_verify || !dsn.tls.certificate.empty()))
    return absl::InvalidArgumentError(
        "needs ssl_ca, the file that the server's certificate is checked against");
  return absl::OkStatus();
}

absl::Status FillRedisDatabase(absl::string_view text, Dsn& dsn) {
  int number = 0;
  if (!text.empty() && (!absl::SimpleAtoi(text, &number) || number < 0 || number >= kRedisDatabases)) {
    return absl::InvalidArgumentError(absl::StrCat("has database '", text, "', Redis numbers them from 0"));
  }
  dsn.database = absl::StrCat(number);
  return absl::OkStatus();
}

absl::StatusOr<Dsn> ParseRedisSocket(const Url& url) {
  Dsn dsn;
  const std::optional<std::string> path = PercentDecode(url.path), user = PercentDecode(url.user),
                                   password = PercentDecode(url.password);
  if (!path || path->empty() || !url.host.empty())
    return absl::InvalidArgumentError("is not unix:///path/of/socket");
  if (!user || !password)
    return absl::InvalidArgumentError("has a bad percent escape in the user or password");
  dsn.user = *user;
  dsn.password = *password;
  dsn.socket = "/" + *path;
  if (absl::Status status = RefuseUnknown(url, {"db"}); !status.ok()) return status;
  const auto db = url.query.find("db");
  if (absl::Status status = FillRedisDatabase(db == url.query.end() ? "" : db->second, dsn); !status.ok())
    return status;
  return dsn;
}

}  // namespace

std::string Dsn::ForDisplay() const {
  if (!socket.empty()) return absl::StrCat(socket, "/", database);
  const bool v6 = host.find(':') != std::string::npos;
  return absl::StrCat(v6 ? "[" : "", host, v6 ? "]" : "", ":", port, "/", database);
}

absl::StatusOr<Dsn> ParseMysqlDsn(absl::string_view text) {
  const absl::StatusOr<Url> url = SplitUrl(text);
  if (!url.ok() || url->scheme != "mysql") {
    return absl::InvalidArgumentError(
        "is not of the form mysql://user:password@host:3306/article_sys, with / as %2F and ? as %3F in user "
        "and password");
  }
  Dsn dsn;
  if (absl::Status status = FillServer(*url, kMysqlPort, dsn); !status.ok()) return status;
  absl::Status status = RefuseUnknown(*url, {"socket", "ssl_ca", "ssl_cert", "ssl_key", "ssl_verify"});
  if (status.ok()) status = FillSocket(*url, "socket", dsn);
  if (status.ok()) status = FillTls(*url, dsn);
  if (!status.ok()) return status;
  const std::optional<std::string> database = PercentDecode(url->path);
  if (!database || database->empty())
    return absl::InvalidArgumentError("names no database, for example /article_sys");
  dsn.database = *database;
  return dsn;
}

absl::StatusOr<Dsn> ParseRedisDsn(absl::string_view text) {
  const absl::StatusOr<Url> url = SplitUrl(text);
  if (url.ok() && url->scheme == "unix") return ParseRedisSocket(*url);
  if (url.ok() && url->scheme == "rediss") {
    return absl::InvalidArgumentError(
        "asks for TLS, which the Redis client library here cannot do: run a tunnel such as stunnel, as "
        "README "
        "has it, and name its end here as redis://127.0.0.1:port or unix:///path");
  }
  if (!url.ok() || url->scheme != "redis") {
    return absl::InvalidArgumentError(
        "is not of the form redis://:password@host:6379/0 or unix:///path?db=0, with / as %2F and ? as %3F "
        "in user and password");
  }
  Dsn dsn;
  if (absl::Status status = FillServer(*url, kRedisPort, dsn); !status.ok()) return status;
  if (absl::Status status = RefuseUnknown(*url, {}); !status.ok()) return status;
  if (absl::Status status = FillSocket(*url, "", dsn); !status.ok()) return status;
  if (absl::Status status = FillRedisDatabase(url->path, dsn); !status.ok()) return status;
  return dsn;
}

}  // namespace readcount
